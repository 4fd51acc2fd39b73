import type { QueueStats } from '@redpost/queue';
import { expect, it } from 'vitest';
import { attentionFor, urgency } from './attention.js';

const minuteMs = 60_000;

function reasons(stats: Partial<QueueStats>, ageMs = 0) {
  const healthy = { pending: 0, consumers: 1, dead: 0, paused: undefined };
  return attentionFor({ ...healthy, ...stats } as QueueStats, ageMs);
}

it('a queue that nobody consumes comes first, then dead letters, then one that is slow, then one that is paused', () => {
  const paused = { since: new Date(), until: undefined, reason: undefined };
  const cases = [
    reasons({ pending: 1, consumers: 0 }),
    reasons({ dead: 1 }),
    reasons({ pending: 1 }, 2 * minuteMs),
    reasons({ pending: 1, paused } as Partial<QueueStats>),
    reasons({ pending: 1 }),
  ];

  expect(cases).toEqual([['no-consumer'], ['dead'], ['old'], ['paused'], []]);
  const order = cases.map(urgency);
  expect(order).toEqual([...order].sort((a, b) => a - b));
  expect(new Set(order).size).toBe(cases.length);
});

it('a queue goes by the most urgent of its reasons, which is the first', () => {
  expect(reasons({ pending: 1, dead: 1 }, 2 * minuteMs)).toEqual(['dead', 'old']);
  expect(urgency(['dead', 'old'])).toBe(urgency(['dead']));
});
