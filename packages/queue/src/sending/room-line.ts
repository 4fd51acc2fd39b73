import { type CallOptions, ClosedError, isRedpostError } from '@redpost/core';
import { fail, pause, performance } from '@redpost/core/consuming';
import type { BoundedSends } from './bounded-sends.js';
import { hasCondition } from './conditional-sends.js';
import type { Outgoing } from './outgoing.js';

/** How long to wait before asking again whether there is room, in ms: at first, and at most. */
const [shortestPauseMs, longestPauseMs] = [2, 100];

/**
 * Sends that wait for room in a full queue, in the order in which they were made: each batch is sent when the one
 * before it is settled. While the queue is full, only the first batch asks whether there is room, at growing
 * intervals, by a call without messages. A batch that finds no room by its deadline is rejected.
 */
export class RoomLine {
  readonly #sends: BoundedSends;
  readonly #options: CallOptions;
  readonly #timeoutMs: number;
  readonly #closing = new AbortController();
  #last: Promise<void> = Promise.resolve();
  /** How many messages fit, as far as is known. */
  #room = Number.POSITIVE_INFINITY;
  #lookedAt = 0;
  #pauseMs = shortestPauseMs;

  /** @param timeoutMs of a send, counted from its call. */
  constructor(sends: BoundedSends, options: CallOptions, timeoutMs: number) {
    this.#sends = sends;
    this.#options = options;
    this.#timeoutMs = timeoutMs;
  }

  /** Resolves when all of them are settled. All were sent in one tick, and have one deadline. */
  send(messages: Outgoing[]): Promise<void> {
    const deadline = performance.now() + this.#timeoutMs;
    this.#last = this.#last.then(() => this.#sendInTurn(messages, deadline));
    return this.#last;
  }

  /** Nothing waits for room any more: what does not fit is rejected. */
  close(): void {
    this.#closing.abort();
  }

  async #sendInTurn(messages: Outgoing[], deadline: number): Promise<void> {
    let waiting = messages;
    // A message that is not sent because of an earlier one needs no room.
    let needsNoRoom = messages.some(hasCondition);
    while (waiting.length > 0) {
      if (this.#room === 0 && !needsNoRoom && !(await this.#findRoom(waiting, deadline))) return;
      const next = needsNoRoom ? waiting : waiting.slice(0, this.#room);
      needsNoRoom = false;
      const options = { ...this.#options, ...this.#callTimeout(deadline) };
      const refused = await this.#sends.offer(next, options);
      this.#saw(refused.count);
      waiting = [...refused.messages, ...waiting.slice(next.length)];
    }
  }

  /** A send that has not waited yet has the timeout of any other call, which takes a slow answer into account. */
  #callTimeout(deadline: number): CallOptions {
    const timeoutMs = Math.max(1, deadline - performance.now());
    return timeoutMs > this.#timeoutMs - shortestPauseMs ? {} : { timeoutMs };
  }

  #saw(count: number): void {
    this.#room = Math.max(0, this.#sends.bound.count - count);
    this.#lookedAt = performance.now();
    if (this.#room > 0) this.#pauseMs = shortestPauseMs;
  }

  /** Resolves to false when there was no room in time, or the queue was closed: then they are rejected. */
  async #findRoom(messages: Outgoing[], deadline: number): Promise<boolean> {
    const { bound } = this.#sends;
    let count = bound.count;
    let cause: unknown;
    while (performance.now() < deadline) {
      await this.#untilNextLook(deadline);
      if (this.#closing.signal.aborted) {
        const error = () => new ClosedError('The queue was closed while a send waited for room');
        for (const message of messages) fail(message, error());
        return false;
      }
      const timeoutMs = deadline - performance.now();
      if (timeoutMs <= 0) break;
      try {
        count = await this.#sends.count({ ...this.#options, replicas: 0, timeoutMs });
        this.#saw(count);
        if (this.#room > 0) return true;
      } catch (error) {
        if (!isRedpostError(error) || !error.retryable) {
          for (const message of messages) fail(message, error);
          return false;
        }
        this.#lookedAt = performance.now();
        cause = error;
      }
      this.#pauseMs = Math.min(2 * this.#pauseMs, longestPauseMs);
    }
    this.#sends.refuse({ messages, count }, cause);
    return false;
  }

  /** The first look after a long time is made at once. */
  async #untilNextLook(deadline: number): Promise<void> {
    const now = performance.now();
    const waitMs = Math.min(this.#lookedAt + this.#pauseMs, deadline) - now;
    if (waitMs <= 0) return;
    // Rejects when the line is closed.
    await pause(waitMs, undefined, { signal: this.#closing.signal }).catch(() => {});
  }
}
