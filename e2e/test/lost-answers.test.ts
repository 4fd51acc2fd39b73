import { setTimeout as pause } from 'node:timers/promises';
import { connect, fixed } from '@redpost/core';
import { type Delivery, Queue } from '@redpost/queue';
import { describe, expect, it } from 'vitest';
import { randomFrom } from '../src/faults/random.js';
import { type Fate, lossy } from '../src/network/lossy-connection.js';
import { SystemUnderTest } from '../src/processes/system-under-test.js';

interface Body {
  number: number;
}

/** What a handler does with a message at its first attempt; at its second it returns. */
const plans = {
  return: () => {},
  slow: () => pause(1),
  ack: (delivery: Delivery<Body>) => delivery.ack(),
  retry: (delivery: Delivery<Body>) => delivery.retry({ delayMs: 5 }),
  throw: () => Promise.reject(new Error('as planned')),
  deadLetter: (delivery: Delivery<Body>) => delivery.deadLetter('as planned'),
};
const planned = Object.values(plans);
const attemptsOf = (number: number) => {
  const plan = planned[number % planned.length];
  return plan === plans.retry || plan === plans.throw ? 2 : 1;
};

describe('when commands and answers of every kind get lost', () => {
  it.each([1, 2])('each message is handled as often as it was planned (seed %i)', async (seed) => {
    await using system = await SystemUnderTest.start();
    const random = randomFrom(seed);
    const fates = new Map<string, number>();
    const decide = (name: string): Fate => {
      const isFirst = !fates.has(name);
      const number = isFirst ? 0 : random();
      if (number > 0.15) return 'answered';
      fates.set(name, (fates.get(name) ?? 0) + 1);
      return number > 0.1 ? 'command lost' : 'answer lost';
    };
    const runs = new Map<number, number>();
    const handle = (delivery: Delivery<Body>) => {
      const { number } = delivery.body;
      runs.set(number, (runs.get(number) ?? 0) + 1);
      return delivery.attempt === 1 ? planned[number % planned.length]?.(delivery) : undefined;
    };
    const connections = [1, 2].map(() => connect(system.server.target));
    const consumers = connections.map((connection) => {
      const queue = new Queue<Body>(system.queue.name, { connection: lossy(connection, decide) });
      const consumer = queue.consume(handle, { concurrency: 3, backoff: fixed(5) });
      consumer.on('error', () => {
        // They are meant to happen.
      });
      return consumer;
    });

    const sender = new Queue<Body>(system.queue.name, { connection: system.connection });
    const count = 120;
    for (let number = 0; number < count; number += 1) {
      await sender.send({ number });
      // Now and then the consumers find nothing to do.
      if (number % 30 === 0) await system.quiet();
    }
    await system.quiet();
    await Promise.all(consumers.map((consumer) => consumer.stop()));
    await system.quiet();
    await Promise.all(connections.map((connection) => connection.close()));

    const wrong = Array.from({ length: count }, (_, number) => number).filter(
      (number) => runs.get(number) !== attemptsOf(number),
    );
    expect(wrong).toEqual([]);
    const dead = await sender.deadLetters.list({ limit: count });
    expect(dead.map(({ body }) => Number(body?.number) % planned.length)).toEqual(
      Array(count / planned.length).fill(planned.indexOf(plans.deadLetter)),
    );
    const kinds = ['renew', 'lease', 'block', 'promote', 'reclaim', 'retry', 'dead-letter'];
    expect([...fates.keys()]).toEqual(expect.arrayContaining(kinds));
  });
});
