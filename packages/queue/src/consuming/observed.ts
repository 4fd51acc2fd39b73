import type { ObservedMessage } from '@redpost/core';
import type { Envelope, Headers } from '../message/envelope.js';
import type { Delivery, HeldDelivery } from './delivery.js';

const noHeaders: Headers = Object.freeze({});

/** A delivery as observers see it. */
export function observed<Body>(delivery: Delivery<Body>): ObservedMessage {
  return new ObservedDelivery(delivery as HeldDelivery);
}

/** Reads the envelope only when it is asked for: most observers want it of few messages. */
class ObservedDelivery implements ObservedMessage {
  readonly #delivery: HeldDelivery;

  constructor(delivery: HeldDelivery) {
    this.#delivery = delivery;
  }

  get id(): string {
    return this.#envelope?.id ?? this.#delivery.receipt;
  }

  get headers(): Headers {
    if (!this.#delivery.mayHaveHeaders) return noHeaders;
    return this.#envelope?.headers ?? noHeaders;
  }

  get attempt(): number | undefined {
    return this.#envelope && this.#delivery.attempt;
  }

  get key(): string | undefined {
    return this.#envelope?.key;
  }

  /** Undefined for a malformed one, which must not fail its handler. */
  get #envelope(): Envelope | undefined {
    try {
      return this.#delivery.envelope;
    } catch {
      return undefined;
    }
  }
}
