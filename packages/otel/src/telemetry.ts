import {
  context,
  type MeterProvider,
  metrics,
  propagation,
  type TextMapPropagator,
  type TracerProvider,
  trace,
} from '@opentelemetry/api';
import {
  type HandleOperation,
  InvalidArgumentError,
  type NamesOf,
  type Observer,
  observe,
  type ReceiveOperation,
  refuseUnknownOptions,
  type SendOperation,
  type SentBatch,
  type SettledBatch,
  type Unlisten,
} from '@redpost/core';
import { performance } from '@redpost/core/consuming';
import { ChannelCalls } from './channel-calls.js';
import { Handling } from './handling.js';
import { Metrics } from './metrics.js';
import { Places } from './places.js';
import { Sends } from './sends.js';

/** The name under which spans and metrics are made. */
const scope = '@redpost/otel';

/** How {@link observeWithOpenTelemetry} traces and measures. */
export interface TelemetryOptions {
  /** Makes the spans. Default: the global provider. */
  tracerProvider?: TracerProvider | undefined;
  /** Makes the metrics. Default: the global provider. */
  meterProvider?: MeterProvider | undefined;
  /** Writes the context into headers, and reads it. Default: the global propagator. */
  propagator?: TextMapPropagator | undefined;
  /**
   * Whether the span of a handler is in the trace of the send, as a child of its span. Default false: it begins a trace of its own,
   * which has a link to the span of the send, as the conventions recommend. Spans of batches have links in both cases.
   */
  sameTrace?: boolean | undefined;
}

const optionNames: NamesOf<TelemetryOptions> = {
  tracerProvider: true,
  meterProvider: true,
  propagator: true,
  sameTrace: true,
};

/**
 * Traces and measures all queues, topics and channels of this process with OpenTelemetry, until the returned function is
 * called: a span for each call that sends or publishes, whose context travels in the headers of the messages; a span for each
 * call of a handler, which is the active one while the handler runs; and the metrics of the messaging conventions.
 *
 * ```ts
 * observeWithOpenTelemetry();
 * ```
 *
 * @throws InvalidArgumentError for an option that cannot work.
 */
export function observeWithOpenTelemetry(options: TelemetryOptions = {}): Unlisten {
  refuseUnknownOptions('observeWithOpenTelemetry()', options, optionNames);
  const { sameTrace = false } = options;
  if (typeof sameTrace !== 'boolean') {
    throw new InvalidArgumentError('sameTrace is true or false');
  }
  const telemetry = new Telemetry({ ...options, sameTrace });
  const unlisten = observe(telemetry);
  return () => {
    unlisten();
    telemetry.end();
  };
}

class Telemetry implements Observer {
  readonly #places = new Places();
  readonly #metrics: Metrics;
  readonly #sends: Sends;
  readonly #handling: Handling;
  readonly #channelCalls: ChannelCalls;

  constructor(options: TelemetryOptions & { sameTrace: boolean }) {
    const { tracerProvider = trace, meterProvider = metrics, sameTrace } = options;
    const tracer = tracerProvider.getTracer(scope);
    const propagator = options.propagator ?? propagation;
    this.#metrics = new Metrics(meterProvider.getMeter(scope));
    this.#sends = new Sends(tracer, propagator);
    this.#handling = new Handling(tracer, propagator, this.#places, sameTrace);
    this.#channelCalls = new ChannelCalls(this.#metrics);
  }

  /** Measures nothing any more. */
  end(): void {
    this.#metrics.end();
  }

  send<Result>(operation: SendOperation, run: () => Promise<Result>): Promise<Result> {
    return this.#sends.around(this.#places.of(operation, operation.method), operation, run);
  }

  handle(operation: HandleOperation, run: () => unknown): unknown {
    const its = this.#handling.contextFor(operation);
    if (its) return context.with(its, run);
    const place = this.#places.of(operation, 'process');
    // What consumers settle is measured by `settled`, and messages of channels are not settled.
    const call = operation.kind === 'channel' ? () => this.#channelCalls.measured(place, run) : run;
    return this.#handling.around(place, operation, call);
  }

  async receive<Result>(operation: ReceiveOperation, run: () => Promise<Result>): Promise<Result> {
    const place = this.#places.of(operation, 'receive');
    const startedAt = new Date();
    const begun = performance.now();
    try {
      const result = await run();
      const count = operation.messages.length;
      // A wait in which nothing came is no operation.
      if (count === 0) return result;
      this.#handling.received(place, operation, startedAt);
      this.#metrics.operationTook(performance.now() - begun, place.measured);
      if (operation.kind !== 'queue') this.#metrics.consumed.add(count, place.measured);
      return result;
    } catch (error) {
      this.#metrics.operationTook(performance.now() - begun, place.failed(error));
      throw error;
    }
  }

  sent(batch: SentBatch): void {
    const { sent, failed, error, durationMs } = batch;
    const place = this.#places.of(batch, batch.kind === 'queue' ? 'send' : 'publish');
    this.#metrics.sent.add(sent, place.measured);
    if (failed > 0) this.#metrics.sent.add(failed, place.failed(error));
    this.#metrics.operationTook(durationMs, sent > 0 ? place.measured : place.failed(error));
  }

  settled(batch: SettledBatch): void {
    const { counts, times } = batch;
    const place = this.#places.of(batch, 'process');
    let handled = counts.acked + counts.retried + counts.dead;
    for (const { runMs, error } of times) {
      const measured = error ? place.failed(error) : place.measured;
      if (runMs !== undefined) this.#metrics.processTook(runMs, measured);
      if (!error) continue;
      this.#metrics.consumed.add(1, measured);
      handled -= 1;
    }
    this.#metrics.consumed.add(handled, place.measured);
  }
}
