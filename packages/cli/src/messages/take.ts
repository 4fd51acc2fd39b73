import type { Delivery, Queue } from '@redpost/queue';
import { onAbort } from '../program/interruption.js';

export interface TakeOptions {
  /** The largest number of messages. */
  count: number;
  /** How long to wait for each, in ms; undefined: no limit. */
  timeoutMs: number | undefined;
  /** Ends taking messages. Messages that were taken and not passed on return to the queue when it is closed. */
  signal: AbortSignal;
}

/** How many are asked for at a time: one round trip brings all of them, if they are there. */
const askedAhead = 500;

/** Takes messages until there were enough, or none came in time. */
export async function* take<Body>(
  queue: Queue<Body, never>,
  { count, timeoutMs, signal }: TakeOptions,
): AsyncGenerator<Delivery<Body>> {
  const asked: Promise<Delivery<Body> | undefined>[] = [];
  let taken = 0;
  let lastAt = performance.now();
  const leftMs = () => Math.max(0, Math.ceil(lastAt + (timeoutMs ?? 0) - performance.now()));
  const askForMore = () => {
    const options = timeoutMs === undefined ? {} : { timeoutMs: leftMs() };
    while (asked.length < Math.min(askedAhead, count - taken)) {
      const delivery = queue.receive(options);
      // The error is thrown when it is the turn of this message.
      delivery.catch(() => {});
      asked.push(delivery);
    }
  };

  const unlessAborted = abortable(signal);
  askForMore();
  while (asked.length > 0 && !signal.aborted) {
    const delivery = await unlessAborted(asked.shift());
    if (delivery) {
      taken += 1;
      lastAt = performance.now();
      yield delivery;
    }
    // When a message came in time, the next ones have the full time again.
    if (delivery || leftMs() > 0) askForMore();
  }
}

/**
 * Makes a function that waits for a promise, or for the signal. One listener serves all of them: a listener
 * for each, as with `receive`, would cost more than the message.
 */
function abortable(signal: AbortSignal) {
  let stopWaiting = () => {};
  onAbort(signal, () => stopWaiting());
  return <Value>(promise: Promise<Value> | undefined): Promise<Value | undefined> =>
    new Promise((resolve, reject) => {
      stopWaiting = () => resolve(undefined);
      if (signal.aborted) stopWaiting();
      else if (promise) promise.then(resolve, reject);
      else resolve(undefined);
    });
}
