// A process that sends to a queue, a topic and a channel inside of a span, and prints the spans that it has made.
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { connect } from '@redpost/core';
import { observeWithOpenTelemetry } from '@redpost/otel';
import { PubSub } from '@redpost/pubsub';
import { Queue } from '@redpost/queue';
import { Topic } from '@redpost/topic';

const { url, name } = JSON.parse(process.argv[2]);
const exporter = new InMemorySpanExporter();
trace.setGlobalTracerProvider(
  new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
);
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
observeWithOpenTelemetry();

const connection = connect(url);
const queue = new Queue(name, { connection });
const topic = new Topic(`${name}-topic`, { connection });
const channels = new PubSub({ connection });
await trace.getTracer('test').startActiveSpan('request', async (span) => {
  await queue.send('hello', { id: 'first' });
  await topic.publish('hello');
  await channels.publish(`${name}-channel`, 'hello');
  span.end();
});
for (const span of exporter.getFinishedSpans()) {
  const { traceId, spanId } = span.spanContext();
  const parent = span.parentSpanContext?.spanId;
  console.log(JSON.stringify({ name: span.name, kind: span.kind, traceId, spanId, parent }));
}
await queue.close();
await topic.close();
await channels.close();
await connection.close();
