import { pause, performance } from '@redpost/core/consuming';
import { problemOf } from './problem.js';

/** How often a stream without news says that it is there, in ms: proxies close silent ones. */
const stillHereMs = 15_000;
/** A stream ends after this, in ms: the browser opens another one, and is asked again who it is. */
const longestMs = 300_000;

export interface LiveOptions {
  everyMs: number;
  signal: AbortSignal;
}

/**
 * Answers with a stream of events: the answer, and again whenever it has changed. While it cannot be read, an event `problem` says why, once.
 */
export function liveResponse(
  read: () => Promise<unknown>,
  { everyMs, signal }: LiveOptions,
): Response {
  const ending = new AbortController();
  const ended = AbortSignal.any([ending.signal, signal]);
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      const end = () => {
        // The other end may have closed it.
        if (!ending.signal.aborted) controller.close();
        ending.abort();
      };
      run(read, { everyMs, signal: ended }, controller).then(end, end);
    },
    cancel() {
      ending.abort();
    },
  });
  return eventStream(stream);
}

/** A response of events, which no proxy should collect. */
export function eventStream(stream: ReadableStream<Uint8Array>): Response {
  return new Response(stream, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    },
  });
}

async function run(
  read: () => Promise<unknown>,
  { everyMs, signal }: LiveOptions,
  controller: ReadableStreamDefaultController<Uint8Array>,
): Promise<void> {
  const encoder = new TextEncoder();
  const startedAt = performance.now();
  let last = '';
  let saidAt = startedAt;
  while (!signal.aborted && performance.now() - startedAt < longestMs) {
    const event = await nextEvent(read);
    if (signal.aborted) return;
    const isDue = performance.now() - saidAt > stillHereMs;
    // A reader that is slow gets only what is new when it is ready.
    const isReady = (controller.desiredSize ?? 0) > 0;
    if (isReady && (event !== last || isDue)) {
      controller.enqueue(encoder.encode(event === last ? ': still here\n\n' : event));
      saidAt = performance.now();
      last = event;
    }
    await pause(everyMs, undefined, { signal, ref: false }).catch(() => {});
  }
}

async function nextEvent(read: () => Promise<unknown>): Promise<string> {
  try {
    return `data: ${JSON.stringify(await read())}\n\n`;
  } catch (thrown) {
    return `event: problem\ndata: ${JSON.stringify(problemOf(thrown))}\n\n`;
  }
}
