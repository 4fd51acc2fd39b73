import { setTimeout as pause } from 'node:timers/promises';
import { isRedpostError } from '@redpost/core';
import type { Delivery, Queue } from '@redpost/queue';

export interface ConsumerOptions {
  /** From 0. */
  index: number;
  /** The longest time that the work on a message takes. */
  workMs: number;
  signal: AbortSignal;
  took(delivery: Delivery<string>, index: number): void;
  handled(delivery: Delivery<string>, index: number): void;
}

/**
 * Takes one message after the other by a blocking read, works on it and acknowledges it. Until
 * then it is leased: should this process die, another consumer would get it.
 */
export async function consume(queue: Queue<string>, options: ConsumerOptions): Promise<void> {
  const { index, signal } = options;
  for await (const delivery of queue.deliveries({ signal })) {
    options.took(delivery, index);
    if (!(await work(options))) return;
    options.handled(delivery, index);
    await acknowledge(delivery);
  }
}

/** False when it was interrupted: the message then returns to the queue. */
async function work({ workMs, signal }: ConsumerOptions): Promise<boolean> {
  try {
    await pause(Math.random() * workMs, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}

async function acknowledge(delivery: Delivery<string>): Promise<void> {
  try {
    await delivery.ack();
  } catch (error) {
    // It is delivered again, and then counted as a duplicate: that is what the tally is for.
    if (!isRedpostError(error) || error.code !== 'LEASE_LOST') throw error;
  }
}
