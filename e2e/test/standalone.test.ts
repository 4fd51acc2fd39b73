import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '@redpost/core';
import { expect, it } from 'vitest';
import { Standalone } from '../src/servers/standalone.js';

it('a Redis that loses the end of its log continues with the data before', async () => {
  await using server = await Standalone.start({ persistence: 'aof' });
  await using connection = connect(server.target);
  connection.on('error', () => {}); // It crashes.
  const counts: { at: number; count: number }[] = [];
  const losesMs = 500;
  while ((counts[0]?.at ?? Infinity) > performance.now() - 2 * losesMs) {
    const count = Number(await connection.call('INCR', ['counter']));
    counts.push({ at: performance.now(), count });
    await pause(5);
  }

  await server.log.hasGrownFor(losesMs);
  const crashedAt = performance.now();
  await server.crash({ losesMs });
  const count = Number(await connection.call('GET', ['counter']));

  const before = counts.filter(({ at }) => at < crashedAt - losesMs - 200).at(-1);
  const after = counts.find(({ at }) => at > crashedAt - losesMs + 100);
  expect(count).toBeGreaterThanOrEqual(before?.count ?? Infinity);
  expect(count).toBeLessThan(after?.count ?? 0);
});
