import { expect, it } from 'vitest';
import { sharedNow } from '../src/clock.js';
import { eventually } from '../src/eventually.js';
import { SystemUnderTest } from '../src/processes/system-under-test.js';

it('while a queue is paused nothing starts in any process, also when consumers are killed', async () => {
  await using system = await SystemUnderTest.start();
  const { log, queue } = system;
  const consume = { concurrency: 20, leaseMs: 1000 };
  const consumers = system.consumers(3, { consume });
  const producers = system.producers(1, { burst: 50, failEvery: 7, delayEvery: 5 });
  const pauses: { from: number; until: number }[] = [];

  for (let n = 0; n < 4; n += 1) {
    const target = log.count('handled') + 200;
    await eventually(() => log.count('handled') > target);
    const [victim] = consumers.members;
    if (n % 2 === 0) void victim?.kill();
    await queue.pause({ reason: 'to see that nothing starts', timeoutMs: 30_000 });
    const from = sharedNow();
    const { deaths } = consumers;
    if (n % 2 === 1) void victim?.kill();
    // Its successor takes a lease while the queue is paused.
    await eventually(() => n % 2 === 0 || consumers.deaths > deaths);
    for (let trips = 0; trips < 100; trips += 1) await queue.stats();
    const { consumers: count, paused } = await queue.stats();
    expect(count).toBeGreaterThan(0);
    expect(paused?.reason).toBe('to see that nothing starts');
    pauses.push({ from, until: sharedNow() });
    await queue.resume();
  }
  await producers.stop();
  await system.quiet();
  await consumers.stop();

  const started = log.all('started').map(({ at }) => at);
  for (const { from, until } of pauses) {
    expect(started.filter((at) => at > from && at < until)).toEqual([]);
  }
  expect(consumers.deaths).toBeGreaterThanOrEqual(4);
  const { resolved, lost } = await system.summary();
  expect(resolved).toBeGreaterThan(1000);
  expect(lost).toEqual([]);
});

it('a consumer that was frozen keeps pause waiting, and starts nothing when it wakes up', async () => {
  await using system = await SystemUnderTest.start();
  const { log, queue } = system;
  const leaseMs = 1000;
  const consumer = system.consumer({ consume: { concurrency: 5, leaseMs } });
  const producers = system.producers(1, { burst: 50 });
  await eventually(() => log.count('handled') > 200);

  await consumer.freeze();
  await queue.pause({ timeoutMs: 30_000 });
  const pausedAt = sharedNow();
  consumer.thaw();
  await eventually(async () => (await queue.stats()).consumers === 1);
  for (let trips = 0; trips < 100; trips += 1) await queue.stats();
  const resumedAt = sharedNow();
  await queue.resume();
  await producers.stop();
  await system.quiet();
  await consumer.finish();

  const started = log.all('started').map(({ at }) => at);
  expect(started.filter((at) => at > pausedAt && at < resumedAt)).toEqual([]);
  expect((await system.summary()).lost).toEqual([]);
});
