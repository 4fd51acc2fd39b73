import type { Emitter, RedpostError } from '@redpost/core';
import { CountedReport } from '@redpost/core/consuming';
import { GapError, OverflowError } from '../errors.js';
import { invalidMessage, type ReceivedMessage } from '../message/message.js';
import type { Gap, SubscriptionEvents } from './subscription.js';

/**
 * Reports lost messages to the listeners of a subscription, by an event for each kind of loss, or by the
 * event `error` if the former has no listener.
 */
export class LossReports {
  readonly #events: Emitter<SubscriptionEvents>;
  readonly #names: string;
  readonly #overflows = new CountedReport({
    everyMs: 1000,
    report: (dropped) => this.#reportOverflow(dropped),
  });

  /** @param names the channels or patterns, for error messages. */
  constructor(events: Emitter<SubscriptionEvents>, names: readonly string[]) {
    this.#events = events;
    this.#names = names.join(', ');
  }

  get dropped(): number {
    return this.#overflows.total;
  }

  /** A message was dropped because the buffer is full. */
  overflow(): void {
    this.#overflows.add();
  }

  invalid({ channel, pattern, payload }: ReceivedMessage, error: RedpostError): void {
    if (!this.#events.hasListeners('invalid')) this.#events.emit('error', error);
    const bytes = Buffer.from(payload.bytes);
    this.#events.emit('invalid', invalidMessage({ channel, pattern, payload: bytes, error }));
  }

  gap(gap: Gap): void {
    if (!this.#events.hasListeners('gap')) {
      const message = `${gap.missed} messages of channel ${gap.channel} did not arrive`;
      this.#events.emit('error', new GapError(message, gap));
    }
    this.#events.emit('gap', gap);
  }

  /** Reports the losses that were not reported yet. */
  end(): void {
    this.#overflows.end();
  }

  #reportOverflow(dropped: number): void {
    if (!this.#events.hasListeners('overflow')) {
      const message = `A subscriber to ${this.#names} reads too slowly: messages were dropped`;
      this.#events.emit('error', new OverflowError(message, { dropped }));
    }
    this.#events.emit('overflow', { dropped, total: this.dropped });
  }
}
