import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { addTo } from '../src/accounting/add-to.js';
import { callsByQueueKey, disorder, type KeyedCall } from '../src/accounting/key-order.js';
import { eventually } from '../src/eventually.js';
import { repartition } from '../src/processes/repartition.js';
import { SystemUnderTest } from '../src/processes/system-under-test.js';
import { Replicated } from '../src/servers/replicated.js';
import type { Server } from '../src/servers/server.js';

const keyed = { keyEvery: 1, keys: 20, failEvery: 7 };

/** What is wrong with the order of each key, of all its calls or of those that were acknowledged. */
function wrongOrder({ log }: SystemUnderTest<Server>, { acked = false } = {}) {
  const all = [...callsByQueueKey(log).values()];
  const chosen = all.map((calls) => {
    if (!acked) return calls;
    // A server that has forgotten an acknowledgement has the message handled once more.
    const first = new Map<number, KeyedCall>();
    for (const call of calls) if (call.ackedAt && !first.has(call.n)) first.set(call.n, call);
    return [...first.values()];
  });
  return chosen.map(disorder).filter((found) => Object.values(found).flat().length > 0);
}

/** The calls without those for a message that had been handled before. */
function upToHandled(calls: readonly KeyedCall[]): KeyedCall[] {
  const handled = new Set<string>();
  return calls.filter(({ key, handledAt }) => {
    if (handled.has(key)) return false;
    if (handledAt) handled.add(key);
    return true;
  });
}

/** The same for several producers: the order of the messages of each of them. */
function wrongOrderOfEach(
  { log }: SystemUnderTest<Server>,
  chosen: (calls: readonly KeyedCall[]) => readonly KeyedCall[] = (calls) => calls,
) {
  const senders = new Map(log.all('sending').map(({ key, process }) => [key, process]));
  return [...callsByQueueKey(log).values()].map(chosen).flatMap((calls) => {
    const { together } = disorder(calls);
    const ofSenders = new Map<string | undefined, KeyedCall[]>();
    for (const call of calls) addTo(ofSenders, senders.get(call.key), call);
    const found = [...ofSenders.values()].map(disorder);
    const [early, late] = [found.flatMap((each) => each.early), found.flatMap((each) => each.late)];
    return together.length + early.length + late.length > 0 ? [{ together, early, late }] : [];
  });
}

describe('messages of each key are handled one at a time and in order', () => {
  it('while consumers are killed and handlers fail', async () => {
    await using system = await SystemUnderTest.start();
    const { log } = system;
    const consumers = system.consumers(3, { consume: { concurrency: 10, leaseMs: 1000 } });
    const producers = system.producers(1, { ...keyed, burst: 10, everyMs: 10 });
    for (let n = 0; n < 8; n += 1) {
      await system.progress(50);
      await pause(700);
      const [victim] = consumers.members;
      if (victim) await system.kill(victim);
    }
    await producers.stop();
    await system.quiet({ withinMs: 60_000 });
    await consumers.stop();

    const summary = await system.summary();
    expect(summary.resolved).toBeGreaterThan(1000);
    expect({ lost: summary.lost, dead: await system.deadLetters() }).toEqual({
      lost: [],
      dead: [],
    });
    expect(wrongOrder(system)).toEqual([]);
    expect(log.happened('SIGKILL')).toBe(8);
    expect(callsByQueueKey(log).size).toBe(20);
  });

  it('while the number of partitions changes, consumers are killed and handlers fail', async () => {
    await using system = await SystemUnderTest.start();
    const { log, queue } = system;
    await queue.partitions.set(2);
    const consumers = system.consumers(3, { consume: { concurrency: 10, leaseMs: 1000 } });
    // Some know of a change much later than others.
    const load = { ...keyed, burst: 4, everyMs: 40 };
    const producers = [
      system.producers(2, { ...load, learnEveryMs: [20, 50] }),
      system.producers(1, { ...load, learnEveryMs: [500, 1000] }),
    ];
    const numbers = [5, 3, 6, 1, 4];
    for (const partitions of numbers) {
      await system.progress(50);
      await repartition(system, producers, partitions);
      await pause(300);
      const [victim] = consumers.members;
      if (victim) await system.kill(victim);
    }
    await system.progress(50);
    await Promise.all(producers.map((pool) => pool.stop()));
    await system.quiet({ withinMs: 60_000 });
    await consumers.stop();

    const summary = await system.summary();
    expect(summary.resolved).toBeGreaterThan(500);
    expect({ lost: summary.lost, dead: await system.deadLetters() }).toEqual({
      lost: [],
      dead: [],
    });
    expect(summary.outOfOrder).toEqual([]);
    expect(summary.together).toEqual([]);
    expect(wrongOrderOfEach(system)).toEqual([]);
    expect(log.happened('SIGKILL')).toBe(numbers.length);
    expect((await queue.partitions.get()).lists).toHaveLength(7);
  });

  it('in a topic, while the number of partitions changes, and members and those that change it are killed', async () => {
    await using system = await SystemUnderTest.start();
    const { log, topic } = system;
    await topic.partitions.set(2);
    const onTopic = { topic: true, queue: 'topic' };
    const consume = { concurrency: 10, leaseMs: 1000 };
    const consumers = system.consumers(3, { ...onTopic, consume });
    const load = { ...onTopic, ...keyed, burst: 4, everyMs: 20 };
    const producers = [
      system.producers(2, { ...load, changeEveryMs: [100, 500] }),
      // One that learns of a change when it publishes the next record, much later.
      system.producers(1, { ...load, burst: 20, everyMs: 700 }),
    ];
    for (let n = 0; n < 8; n += 1) {
      await system.progress(50);
      await pause(300);
      const pool = n % 3 === 2 ? producers[0] : consumers;
      const [victim] = pool?.members ?? [];
      if (victim) await system.kill(victim);
    }
    await system.progress(50);
    await Promise.all(producers.map((pool) => pool.stop()));
    await system.quiet({ withinMs: 60_000 });
    await consumers.stop();

    const summary = await system.summary();
    expect(summary.resolved).toBeGreaterThan(500);
    expect({ lost: summary.lost, dead: await system.deadLetters() }).toEqual({
      lost: [],
      dead: [],
    });
    expect(summary.together).toEqual([]);
    expect(summary.unexplained).toEqual([]);
    // A member starts the next record of a key when the handler of the one before is done. Both come again when it dies before Redis knows.
    expect(wrongOrderOfEach(system, upToHandled)).toEqual([]);
    expect(log.happened('SIGKILL')).toBe(8);
    expect(log.count('divided')).toBeGreaterThan(4);
    expect((await topic.partitions.get()).partitions.length).toBeGreaterThan(10);
  });

  it('as far as they are acknowledged, while a consumer is frozen and scripts are flushed', async () => {
    await using system = await SystemUnderTest.start();
    const { log, connection } = system;
    const settings = { settle: 'ack' as const, consume: { concurrency: 10, leaseMs: 500 } };
    const consumers = system.consumers(3, settings);
    const producers = system.producers(1, { ...keyed, burst: 10, everyMs: 10 });
    // One that is frozen while it has nothing loses nothing.
    for (let n = 0; n < 4 || (n < 20 && log.count('lost') === 0); n += 1) {
      await system.progress(50);
      await connection.call('SCRIPT', ['FLUSH']);
      const sleeper = consumers.members[n % 3];
      if (sleeper) await system.freeze(sleeper, () => pause(1200));
    }
    await producers.stop();
    await system.quiet({ withinMs: 60_000 });
    await consumers.stop();

    const { lost, afterAck } = await system.summary();
    expect({ lost, afterAck }).toEqual({ lost: [], afterAck: [] });
    expect(log.count('lost')).toBeGreaterThan(0);
    expect(wrongOrder(system, { acked: true })).toEqual([]);
  });

  it('before and after a failover to a replica, beside which only what was on its way may be repeated', async () => {
    await using system = await SystemUnderTest.on(await Replicated.start());
    const { log, server } = system;
    const consumers = system.consumers(3, {
      settle: 'ack',
      consume: { concurrency: 10, leaseMs: 1000 },
    });
    const producers = system.producers(1, { ...keyed, burst: 10, everyMs: 10 });
    await system.progress(200);
    await server.isSafe();
    await log.during('failover', undefined, () => server.killMaster(), {
      forgetsMs: 1000,
      leaseMs: 1000,
    });
    await system.progress(200);
    await producers.stop();
    await system.quiet({ withinMs: 60_000 });
    await consumers.stop();

    const { lost, unexplained } = await system.summary();
    expect({ lost, unexplained }).toEqual({ lost: [], unexplained: [] });
    const [failover] = log.incidents.filter(({ kind }) => kind === 'failover');
    const [from, until] = [(failover?.at ?? 0) - 1000, (failover?.unnoticedUntil ?? 0) + 1000];
    for (const calls of callsByQueueKey(log).values()) {
      for (const side of [
        calls.filter(({ endedAt }) => endedAt < from),
        calls.filter(({ startedAt }) => startedAt > until),
      ]) {
        expect(disorder(side)).toEqual({ together: [], early: [], late: [] });
      }
    }
  });
});

describe('keys share the time of handlers', () => {
  it.each([
    ['one of them with many slow messages', { key: 'noisy' }, 10, 1],
    ['one of them with many slow messages', { key: 'noisy' }, 2, 1],
    ['one of them with many slow messages', { key: 'noisy' }, 10, 10],
    ['and many slow messages without a key', {}, 2, 1],
  ])(
    '%s: %j, concurrency %i, keyConcurrency %i',
    async (_, sendOptions, concurrency, keyConcurrency) => {
      await using system = await SystemUnderTest.start();
      const { log, queue } = system;
      if (keyConcurrency > 1) await queue.limits.set({ keyConcurrency });
      const noisy = system.producer({ count: 1500, burst: 500, handleMs: 20, sendOptions });
      await noisy.done();
      const quiet = system.producer({ count: 360, burst: 90, handleMs: 5, keyEvery: 1, keys: 9 });
      await quiet.done();
      const half = { consume: { concurrency: concurrency / 2, leaseMs: 10_000 } };
      const consumers = [system.consumer(half), system.consumer(half)];
      const isQuiet = ({ key }: { key: string }) => key.startsWith(`${quiet.name}-`);
      const quietHandled = () => log.all('handled').filter(isQuiet);
      await eventually(() => quietHandled().length === 360, { withinMs: 120_000 });
      const doneAt = Math.max(...quietHandled().map(({ at }) => at));
      for (const consumer of consumers) void consumer.kill();

      const worked = { noisy: 0, quiet: 0 };
      const ends = new Map(log.all('handled').map(({ receipt, at }) => [receipt, at]));
      for (const { key, receipt, at } of log.all('started')) {
        const until = Math.min(ends.get(receipt) ?? doneAt, doneAt);
        if (until > at) worked[isQuiet({ key }) ? 'quiet' : 'noisy'] += until - at;
      }
      // Each of the nine had a ninth of it. What was leased before the others came counts besides.
      const share = worked.noisy / (worked.quiet / 9);
      expect(share).toBeGreaterThan(0.3);
      expect(share).toBeLessThan(Math.max(3, concurrency));
    },
  );
});
