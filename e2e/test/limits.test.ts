import { expect, it } from 'vitest';
import { slowness } from '../../tooling/machine-pace.js';
import { mostInWindow } from '../../tooling/most-in-window.js';
import { sharedNow } from '../src/clock.js';
import { eventually } from '../src/eventually.js';
import { SystemUnderTest } from '../src/processes/system-under-test.js';
import { Replicated } from '../src/servers/replicated.js';
import type { Server } from '../src/servers/server.js';

/** A handler that ran: until it was through, or its process was killed. */
interface Run {
  from: number;
  until: number;
}

/** The handlers that ran, by what the processes have reported. */
function runsOf({ log }: SystemUnderTest): Run[] {
  const ends = new Map<string, number>();
  for (const { receipt, at } of log.all('handled')) ends.set(receipt, at);
  const kills = new Map(log.incidents.map(({ process, until }) => [process, until]));
  return log.all('started').map(({ receipt, at, process }) => {
    return { from: at, until: ends.get(receipt) ?? kills.get(process) ?? Infinity };
  });
}

/** How many ran at the same time between these times, at most. */
function mostAtOnce(runs: readonly Run[], since = 0, before = Infinity): number {
  const changes = runs.flatMap(({ from, until }) => {
    if (from >= before || until <= since) return [];
    return [
      { at: Math.max(from, since), by: 1 },
      { at: until, by: -1 },
    ];
  });
  // What ends and what begins at the same time were not there together.
  changes.sort((a, b) => a.at - b.at || a.by - b.by);
  let [now, most] = [0, 0];
  for (const { by } of changes) {
    now += by;
    most = Math.max(most, now);
  }
  return most;
}

it('never more than 5 handlers of 3 processes run when 5 may, and 5 again after each is killed', async () => {
  await using system = await SystemUnderTest.start();
  const { log, queue } = system;
  const leaseMs = 1000;
  await queue.limits.set({ concurrency: 5 });
  // More than 5 handlers get done, but not much more.
  const producers = system.producers(1, { burst: 20, everyMs: 150 });
  const consumers = system.consumers(3, { consume: { concurrency: 4, leaseMs }, handleMs: 50 });
  await system.progress(100);

  const segments: { since: number; before: number }[] = [];
  for (let kills = 0; kills < 4; kills += 1) {
    const [victim] = consumers.members;
    if (victim) await system.kill(victim);
    // What it held counts until its lease has run out and others have recovered it.
    const since = sharedNow() + (4 / 3) * leaseMs + 1000 * slowness();
    await eventually(() => sharedNow() > since);
    await system.progress(100);
    segments.push({ since, before: sharedNow() });
  }
  await producers.stop();
  await queue.limits.clear();
  await system.quiet();
  await consumers.stop();

  const runs = runsOf(system);
  expect(mostAtOnce(runs, 0, segments.at(-1)?.before)).toBe(5);
  for (const { since, before } of segments) expect(mostAtOnce(runs, since, before)).toBe(5);
  expect(log.count('handled')).toBeGreaterThan(400);
  expect((await system.summary()).lost).toEqual([]);
  expect(await system.connection.call('EXISTS', ['{shared}:holders'])).toBe(0);
});

/** When handlers have started. */
function startsOf({ log }: SystemUnderTest<Server>): number[] {
  return log.all('started').map(({ at }) => at);
}

it('50 per second start in 2 processes and never more in any second, also when one is killed', async () => {
  await using system = await SystemUnderTest.start();
  const { log, queue } = system;
  const rate = { max: 50, perMs: 1000 };
  await queue.limits.set({ rate });
  const producer = system.producer({ count: 1000, burst: 100 });
  const consumers = system.consumers(2, {
    consume: { concurrency: 10, leaseMs: 1000 },
    handleMs: 30,
  });
  await producer.done();
  await eventually(() => consumers.members.every(({ name }) => log.count('handled', name) > 5));

  const since = sharedNow();
  await eventually(() => sharedNow() > since + 5000);
  const until = sharedNow();
  const pace = slowness();
  for (let kills = 0; kills < 2; kills += 1) {
    const [victim] = consumers.members;
    if (victim) await system.kill(victim);
    await system.progress(70);
  }
  const { limits } = await queue.stats();
  expect(limits).toEqual({ rate: { ...rate, burst: 0 } });
  const clearedAt = sharedNow();
  await queue.limits.clear();
  await system.quiet();
  await consumers.stop();

  const started = startsOf(system);
  expect(
    mostInWindow(
      rate.perMs,
      started.filter((at) => at < clearedAt),
    ),
  ).toBeLessThanOrEqual(rate.max);
  const seconds = (until - since) / 1000;
  const count = started.filter((at) => at >= since && at < until).length;
  expect(count / seconds).toBeGreaterThanOrEqual(47 / pace);
  const { resolved, lost } = await system.summary();
  expect({ resolved, lost }).toEqual({ resolved: 1000, lost: [] });
});

it('never more than 50 start in any second before, during and after a failover, and 50 per second start again', async () => {
  await using system = await SystemUnderTest.on(await Replicated.start());
  const { log, queue, server } = system;
  const rate = { max: 50, perMs: 1000 };
  await queue.limits.set({ rate });
  const producer = system.producer({ count: 1000, burst: 100 });
  const consumers = system.consumers(2, {
    consume: { concurrency: 10, leaseMs: 1000 },
    handleMs: 30,
  });
  await producer.done();
  await server.isSafe();
  await system.progress(100);
  await log.during('failover', undefined, () => server.killMaster(), {
    forgetsMs: 1000,
    leaseMs: 1000,
  });
  const startedSince = (name: string, from: number) =>
    log.all('started', name).filter(({ at }) => at > from).length;
  const [{ until: promoted } = { until: 0 }] = log.incidents;
  await eventually(() => consumers.members.every(({ name }) => startedSince(name, promoted) > 5), {
    withinMs: 60_000,
  });

  const since = sharedNow();
  await eventually(() => sharedNow() > since + 4000);
  const until = sharedNow();
  const pace = slowness();
  const { limits } = await queue.stats();
  expect(limits).toEqual({ rate: { ...rate, burst: 0 } });
  const clearedAt = sharedNow();
  await queue.limits.clear();
  await system.quiet();
  await consumers.stop();

  const started = startsOf(system);
  const limited = started.filter((at) => at < clearedAt);
  expect(mostInWindow(rate.perMs, limited)).toBeLessThanOrEqual(rate.max);
  const count = started.filter((at) => at >= since && at < until).length;
  expect(count / ((until - since) / 1000)).toBeGreaterThanOrEqual(47 / pace);
  expect((await system.summary()).lost).toEqual([]);
});
