import { setTimeout as pause } from 'node:timers/promises';
import type { Queue } from '@redpost/queue';

export interface ProducerOptions {
  /** From 0. */
  index: number;
  messages: number;
  intervalMs: number;
  /** How long after the others it starts. */
  startMs: number;
  signal: AbortSignal;
  sending(id: string): void;
  sent(id: string): void;
}

/** Sends a message every interval, each with an id of its own. */
export async function produce(queue: Queue<string>, options: ProducerOptions): Promise<void> {
  const { index, messages, intervalMs, signal } = options;
  const start = performance.now() + options.startMs;
  for (let number = 0; number < messages; number += 1) {
    await until(start + number * intervalMs, signal);
    const id = `${index}-${number}`;
    options.sending(id);
    await queue.send(`Producer:${index} produce data`, { id });
    options.sent(id);
  }
}

/** By a timetable rather than by pauses, so that the interval holds however long a send takes. */
async function until(time: number, signal: AbortSignal): Promise<void> {
  await pause(Math.max(0, time - performance.now()), undefined, { signal });
}
