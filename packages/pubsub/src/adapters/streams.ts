/**
 * Subscriptions as streams and as Server-Sent Events.
 *
 * @module @redpost/pubsub/streams
 */

import { Readable } from 'node:stream';
import { longestTimerMs, type NamesOf, refuseUnknownOptions, wholeNumber } from '@redpost/core';
import type { Message } from '../message/message.js';
import type { Subscription } from '../subscribing/subscription.js';

/** Options of `toEventStream()`. */
export interface EventStreamOptions {
  /**
   * How long to wait before a comment is sent that keeps proxies from closing the connection, in ms. At least
   * 1, default 15 000.
   */
  heartbeatMs?: number | undefined;
}

const optionNames: NamesOf<EventStreamOptions> = { heartbeatMs: true };

/** Messages as a Node stream of objects. Destroying it closes the subscription. */
export function toReadable<Body>(subscription: Subscription<Body>): Readable {
  // No reading ahead: the subscription counts and bounds the messages that wait.
  return Readable.from(subscription, { objectMode: true, highWaterMark: 1 });
}

/** Messages as a web stream of objects. Cancelling it closes the subscription. */
export function toReadableStream<Body>(
  subscription: Subscription<Body>,
): ReadableStream<Message<Body>> {
  return streamOf(subscription, () => subscription.next());
}

/**
 * Messages as Server-Sent Events, with the channel as `event` and the body in JSON as `data`; the bytes of a
 * response of type `text/event-stream`. Cancelling it closes the subscription, and so does a body that JSON
 * cannot hold, which is an error of the stream.
 *
 * A browser that reconnects gets the messages that are published from then on. `Last-Event-ID` needs stored
 * messages, see `Topic`.
 *
 * @throws InvalidArgumentError for a `heartbeatMs` that is not possible.
 */
export function toEventStream(
  subscription: Subscription<unknown>,
  options: EventStreamOptions = {},
): ReadableStream<Uint8Array> {
  refuseUnknownOptions('toEventStream()', options, optionNames);
  const { heartbeatMs = 15_000 } = options;
  wholeNumber('heartbeatMs', heartbeatMs, { min: 1, max: longestTimerMs });
  const encoder = new TextEncoder();
  return streamOf(subscription, async () => {
    const message = await subscription.next({ timeoutMs: heartbeatMs });
    if (message) return encoder.encode(toEvent(message));
    return subscription.closeReason ? undefined : encoder.encode(': still here\n\n');
  });
}

function toEvent({ channel, body }: Message<unknown>): string {
  // A line break would end the field.
  return `event: ${channel.replace(/[\r\n]/g, ' ')}\ndata: ${JSON.stringify(body)}\n\n`;
}

/**
 * A stream of what `next` resolves to, until that is `undefined`. The end of the stream closes the
 * subscription.
 */
function streamOf<Item>(
  subscription: Subscription<unknown>,
  next: () => Promise<Item | undefined>,
): ReadableStream<Item> {
  let isCancelled = false;
  const fail = async (error: unknown) => {
    await subscription.close();
    throw error;
  };
  return new ReadableStream<Item>(
    {
      async pull(controller) {
        const item = await next().catch(fail);
        if (isCancelled) return;
        if (item === undefined) controller.close();
        else controller.enqueue(item);
      },
      async cancel() {
        isCancelled = true;
        await subscription.close();
      },
    },
    { highWaterMark: 0 },
  );
}
