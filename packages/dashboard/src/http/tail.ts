import { pause } from '@redpost/core/consuming';
import { eventStream } from './live.js';
import { problemOf } from './problem.js';

/** How many are shown at a time, and how often, in ms. */
const mostAtOnce = 25;
const flushMs = 250;
/** A tail ends after this, in ms, and the browser begins another one. */
const longestMs = 300_000;

/** What somebody who follows a topic or a channel gets. */
interface TailBatch<Item> {
  items: Item[];
  /** How many came beside these, and are not shown, because nobody could read so many. */
  skipped: number;
}

/**
 * Answers with a stream of events, each with what has come in a quarter of a second.
 *
 * @param follow calls `came` for each item until the signal is aborted, and resolves then.
 */
export function tailResponse<Item>(
  follow: (signal: AbortSignal, came: (item: () => Item) => void) => Promise<void>,
  signal: AbortSignal,
): Response {
  const ending = new AbortController();
  const ended = AbortSignal.any([ending.signal, signal, AbortSignal.timeout(longestMs)]);
  const encoder = new TextEncoder();
  let batch: TailBatch<Item> = { items: [], skipped: 0 };
  const came = (item: () => Item) => {
    if (batch.items.length < mostAtOnce) batch.items.push(item());
    else batch.skipped += 1;
  };
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      const send = (text: string) => {
        if (!ended.aborted) controller.enqueue(encoder.encode(text));
      };
      const flush = async () => {
        send(': begins\n\n');
        while (!ended.aborted) {
          if (batch.items.length > 0 && (controller.desiredSize ?? 0) > 0) {
            send(`data: ${JSON.stringify(batch)}\n\n`);
            batch = { items: [], skipped: 0 };
          }
          await pause(flushMs, undefined, { signal: ended, ref: false }).catch(() => {});
        }
      };
      const followed = follow(ended, came).catch((thrown) => {
        send(`event: problem\ndata: ${JSON.stringify(problemOf(thrown))}\n\n`);
      });
      Promise.all([followed, flush()]).then(() => {
        if (!ending.signal.aborted) controller.close();
      });
    },
    cancel() {
      ending.abort();
    },
  });
  return eventStream(stream);
}
