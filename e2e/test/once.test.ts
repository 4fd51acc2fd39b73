import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { lostDuplicates, sentOnce, sentTogether } from '../src/accounting/sent-once.js';
import { SystemUnderTest } from '../src/processes/system-under-test.js';

it('of three producers only one has a message with a key in the queue until it is done, while consumers are killed', async () => {
  await using system = await SystemUnderTest.start();
  const { log, connection } = system;
  const consumers = system.consumers(3, { consume: { concurrency: 10, leaseMs: 1000 } });
  const producers = system.producers(3, { onceKeys: 20, burst: 10, batch: true, everyMs: 5 });
  for (let kills = 0; kills < 8; kills += 1) {
    await system.progress(20);
    await pause(700);
    const [victim] = consumers.members;
    if (victim) await system.kill(victim);
  }
  await producers.stop();
  await system.quiet({ withinMs: 60_000 });
  await consumers.stop();

  expect(sentTogether(log)).toEqual([]);
  expect(lostDuplicates(log)).toEqual([]);
  const { lost, unsent } = await system.summary();
  expect({ lost, unsent, dead: await system.deadLetters() }).toEqual({
    lost: [],
    unsent: [],
    dead: [],
  });
  expect(log.happened('SIGKILL')).toBe(8);
  const messages = sentOnce(log);
  expect(messages.size).toBe(20);
  for (const sent of messages.values()) expect(sent.length).toBeGreaterThan(10);
  const outcomes = log.all('sent').map(({ outcome }) => outcome);
  expect(outcomes.filter((outcome) => outcome === 'duplicate').length).toBeGreaterThan(500);
  const left = (await connection.call('KEYS', ['{shared}:once*'])) as Buffer[];
  expect(left.map(String)).toEqual([]);
});
