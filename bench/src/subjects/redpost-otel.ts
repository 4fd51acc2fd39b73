import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import { observeWithOpenTelemetry } from '@redpost/otel';
import { subjectOf } from './redpost.js';

/** Takes the spans, and sends them nowhere. */
const exporter: SpanExporter = {
  export: (_spans, done) => done({ code: 0 }),
  shutdown: async () => {},
};

/** With traces, of which one in a hundred is sampled, and metrics. */
export const redpostOtel = subjectOf({
  name: 'redpost-otel',
  variant: 'OpenTelemetry, 1 % sampled',
  observe() {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    const sampler = new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(0.01) });
    const tracerProvider = new BasicTracerProvider({
      sampler,
      spanProcessors: [new BatchSpanProcessor(exporter)],
    });
    const reader = new PeriodicExportingMetricReader({
      exporter: new InMemoryMetricExporter(AggregationTemporality.DELTA),
      exportIntervalMillis: 5000,
    });
    const meterProvider = new MeterProvider({ readers: [reader] });
    const propagator = new W3CTraceContextPropagator();
    const stop = observeWithOpenTelemetry({ tracerProvider, meterProvider, propagator });
    return async () => {
      stop();
      await Promise.all([tracerProvider.shutdown(), meterProvider.shutdown()]);
    };
  },
});
