import type {
  Attributes,
  Histogram,
  Meter,
  ObservableCounter,
  ObservableResult,
} from '@opentelemetry/api';

/** Bounds that the conventions recommend, in seconds. */
const advice = {
  explicitBucketBoundaries: [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
  ],
};

/** The metrics of messaging that the conventions define. */
export class Metrics {
  readonly sent: Total;
  readonly consumed: Total;
  readonly #operation: Histogram;
  readonly #process: Histogram;

  constructor(meter: Meter) {
    const sent = meter.createObservableCounter('messaging.client.sent.messages', {
      description: 'Number of messages producer attempted to send to the broker.',
      unit: '{message}',
    });
    const consumed = meter.createObservableCounter('messaging.client.consumed.messages', {
      description: 'Number of messages that were delivered to the application.',
      unit: '{message}',
    });
    this.sent = new Total(sent);
    this.consumed = new Total(consumed);
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

  /** Observes nothing any more. */
  end(): void {
    this.sent.end();
    this.consumed.end();
  }
}

/**
 * A counter that is read when metrics are collected. A call of `Counter.add` costs more than sending a message, because the
 * SDK makes a key of the attributes.
 */
class Total {
  readonly #counter: ObservableCounter;
  readonly #counts = new Map<Attributes, number>();

  constructor(counter: ObservableCounter) {
    this.#counter = counter;
    counter.addCallback(this.#observe);
  }

  /** @param attributes the same object for all that is counted together. */
  add(count: number, attributes: Attributes): void {
    if (count > 0) this.#counts.set(attributes, (this.#counts.get(attributes) ?? 0) + count);
  }

  end(): void {
    this.#counter.removeCallback(this.#observe);
  }

  readonly #observe = (result: ObservableResult): void => {
    for (const [attributes, count] of this.#counts) result.observe(count, attributes);
  };
}
