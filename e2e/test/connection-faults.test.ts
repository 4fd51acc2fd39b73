import { describe, expect, it } from 'vitest';
import { eventually } from '../src/eventually.js';
import { cutSockets } from '../src/sockets.js';
import { Trial } from '../src/trial.js';

/** Producers with idle moments, so that consumers both lease and wait; all scripts are in use. */
const paced = { burst: 5, everyMs: 10, handleMs: 1, delayEvery: 9, failEvery: 11 };

const exact = { lost: [], unsent: [], afterAck: [], unexcused: [], duplicates: 0 };

async function startAll(trial: Trial, settle: 'return' | 'ack') {
  const settings = { consume: { concurrency: 4 }, settle };
  const consumers = [trial.consumer(settings), trial.consumer(settings)];
  const producers = [trial.producer(paced), trial.producer(paced)];
  await trial.progress(20);
  return { consumers, producers };
}

describe('in mid-run', () => {
  it('SCRIPT FLUSH, again and again, loses and repeats nothing', async () => {
    await using trial = await Trial.start();
    const { consumers, producers } = await startAll(trial, 'return');

    for (let flush = 0; flush < 30; flush += 1) {
      await trial.connection.call('SCRIPT', ['FLUSH']);
      await trial.progress(20);
    }
    await Promise.all(producers.map((producer) => producer.finish()));
    await trial.quiet();
    await Promise.all(consumers.map((consumer) => consumer.finish()));
    await trial.quiet();

    const { resolved, ...result } = await trial.account();
    expect(result).toEqual(exact);
    expect(resolved).toBe(trial.ledger.count('sending'));
    expect(trial.ledger.count('error')).toBe(0);
    expect(await trial.queue.stats()).toMatchObject({ dead: 0, total: { acked: resolved } });
  });

  it.each([
    ['commands', 'return'],
    ['commands', 'ack'],
    ['blocking', 'return'],
    ['subscriptions', 'return'],
  ] as const)(
    'CLIENT KILL of the sockets for %s, again and again, loses and repeats nothing (settled by %s)',
    async (purpose, settle) => {
      await using trial = await Trial.start();
      const { ledger } = trial;
      const { consumers, producers } = await startAll(trial, settle);

      for (let round = 0; round < 12; round += 1) {
        await eventually(async () => (await cutSockets(trial.connection, purpose)) > 0);
        await trial.progress(20);
      }
      await Promise.all(producers.map((producer) => producer.finish()));
      await trial.quiet();
      await Promise.all(consumers.map((consumer) => consumer.finish()));
      await trial.quiet();

      const { resolved, ...result } = await trial.account();
      expect(result).toEqual(exact);
      const refused = ledger.all('sent').filter(({ outcome }) => outcome !== 'resolved');
      expect(new Set(refused.map(({ outcome }) => outcome))).not.toContain('unstated');
      expect(resolved + refused.length).toBe(ledger.count('sending'));
      const { dead, total } = await trial.queue.stats();
      expect(dead).toBe(0);
      expect(total.acked).toBe(ledger.count('handled'));
    },
  );
});
