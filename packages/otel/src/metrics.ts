import type { Attributes, Counter, Histogram, Meter } from '@opentelemetry/api';

/** Bounds that the conventions recommend, in seconds. */
const advice = {
  explicitBucketBoundaries: [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
  ],
};

/** The metrics of messaging that the conventions define. */
export class Metrics {
  readonly sent: Counter;
  readonly consumed: Counter;
  readonly #operation: Histogram;
  readonly #process: Histogram;

  constructor(meter: Meter) {
    this.sent = meter.createCounter('messaging.client.sent.messages', {
      description: 'Number of messages producer attempted to send to the broker.',
      unit: '{message}',
    });
    this.consumed = meter.createCounter('messaging.client.consumed.messages', {
      description: 'Number of messages that were delivered to the application.',
      unit: '{message}',
    });
    this.#operation = meter.createHistogram('messaging.client.operation.duration', {
      description: 'Duration of messaging operation initiated by a producer or consumer client.',
      unit: 's',
      advice,
    });
    this.#process = meter.createHistogram('messaging.process.duration', {
      description: 'Duration of processing operation.',
      unit: 's',
      advice,
    });
  }

  /** A call of a client has taken so long. */
  operationTook(durationMs: number, attributes: Attributes): void {
    this.#operation.record(durationMs / 1000, attributes);
  }

  /** A handler has taken so long. */
  processTook(durationMs: number, attributes: Attributes): void {
    this.#process.record(durationMs / 1000, attributes);
  }
}
