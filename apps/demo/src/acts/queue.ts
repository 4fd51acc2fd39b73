import { setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { text } from '@redpost/core';
import { Queue, type QueueStats } from '@redpost/queue';
import { consume } from '../consumer.js';
import { keepAlive } from '../keep-alive.js';
import { produce } from '../producer.js';
import type { Stage } from '../stage.js';
import { interval, plural } from '../terminal/format.js';
import { Traffic } from '../traffic.js';

export interface QueueResult {
  traffic: Traffic;
  /** What Redis holds when all is done. */
  left: QueueStats;
}

const consumersReadyMs = 5000;
/** When nothing has been handled for so long, what is missing counts as lost. */
const patienceMs = 5000;

/** Producers that send at an interval, and consumers that wait in blocking reads. */
export async function queueAct(stage: Stage): Promise<QueueResult> {
  const { connection, options, screen } = stage;
  announce(stage);
  const traffic = new Traffic(screen, options);
  const queue = openQueue(stage, traffic);
  const stop = new AbortController();
  // Every consumer listens to it, however many there are.
  setMaxListeners(0, stop.signal);
  // A queue object for each consumer: a blocking read of its own, and a lease of its own.
  const queues = Array.from({ length: options.consumers }, () => openQueue(stage, traffic));
  const consuming = consumeAll(stage, queues, traffic, stop.signal);
  const pinging = keepAlive(connection, {
    signal: stop.signal,
    answered: (ms) => traffic.pinged(ms),
    failed: (error) => traffic.notice(`keep-alive: ${error.message}`),
  });

  try {
    await Promise.race([produceAll(stage, queue, traffic), consuming]);
  } finally {
    stop.abort();
    // Before the consumers have ended: while Redis is away, an `ack()` waits for it or for this.
    await Promise.all(queues.map((own) => own.close()));
    await Promise.allSettled([consuming, pinging]);
    screen.status(undefined);
  }
  return { traffic, left: await queue.stats() };
}

function announce({ options, screen }: Stage): void {
  const { producers, consumers, messages, intervalMs } = options;
  screen.heading(
    6,
    `${plural(producers, 'producer')}, ${plural(consumers, 'consumer')}`,
    `${plural(messages, 'message')} per producer, one every ${interval(intervalMs)}; each consumer blocks until one is there`,
  );
}

async function consumeAll(
  stage: Stage,
  queues: readonly Queue<string>[],
  traffic: Traffic,
  signal: AbortSignal,
): Promise<void> {
  const { producers, consumers, intervalMs } = stage.options;
  // On average half of what would keep all of them busy, so that they keep up.
  const workMs = Math.min(1000, (intervalMs / 2) * Math.min(1, consumers / producers));
  const running = queues.map((queue, index) =>
    consume(queue, {
      index,
      workMs,
      signal,
      took: (delivery) => traffic.took(delivery, index),
      handled: (delivery) => traffic.handled(delivery, index),
    }),
  );
  await Promise.all(running);
}

function openQueue({ connection, names }: Stage, traffic: Traffic): Queue<string> {
  const queue = new Queue<string>(names.queue, { connection, codec: text() });
  queue.on('error', (error) => traffic.notice(error.message));
  return queue;
}

async function produceAll(stage: Stage, queue: Queue<string>, traffic: Traffic): Promise<void> {
  const { producers, consumers, messages, intervalMs } = stage.options;
  await untilLeased(queue, consumers, stage.signal);
  traffic.begin();
  const running = Array.from({ length: producers }, (_, index) =>
    produce(queue, {
      index,
      messages,
      intervalMs,
      // Spread over the interval, as independent producers would be.
      startMs: (intervalMs * index) / producers,
      signal: stage.signal,
      sending: (id) => traffic.sending(id),
      sent: (id) => traffic.sent(id),
    }),
  );
  await Promise.all(running);
  await untilConsumed(traffic, stage.signal);
}

/** So that the first messages do not wait for consumers that are still connecting. */
async function untilLeased(queue: Queue<string>, count: number, signal: AbortSignal) {
  const deadline = performance.now() + consumersReadyMs;
  while ((await queue.stats()).consumers < count && performance.now() < deadline) {
    await pause(20, undefined, { signal });
  }
}

async function untilConsumed(traffic: Traffic, signal: AbortSignal): Promise<void> {
  while (traffic.isMissingSome && traffic.quietMs < patienceMs) {
    await pause(10, undefined, { signal });
  }
}
