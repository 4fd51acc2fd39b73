import { expect, it } from 'vitest';
import type { Benchmark } from './benchmark.js';
import { summarize } from './summary.js';

const titles = new Map([['peer', 'Peer 1.0']]);

function benchmark(goals: Benchmark['measures'][number]['goals']): Benchmark {
  return {
    name: 'benchmark',
    kind: 'queue',
    subjects: ['redpost', 'peer'],
    withAof: false,
    measures: [
      { name: 'speed', title: 'Speed', how: 'So.', unit: 'messages/s', better: 'higher', goals },
    ],
    messages: 1,
    run: () => Promise.reject(new Error('not run here')),
  };
}

function found(figures: Record<string, number[]>) {
  const entries = Object.entries(figures).map(
    ([name, runs]) => [name, runs.map((speed) => ({ speed }))] as const,
  );
  return { figures: new Map(entries), failures: [] };
}

it('compares medians, not the best or the first runs', () => {
  const [measure] = summarize(
    benchmark([{ atLeast: 10, peer: 'peer' }]),
    found({ redpost: [1, 100, 105], peer: [10, 90, 9] }),
    { persistent: false, titles },
  );

  expect(measure?.subjects[1]).toMatchObject({ title: 'Peer 1.0', median: 10, min: 9, max: 90 });
  expect(measure?.subjects[1]?.redpostRatio).toBe(10);
  expect(measure?.goals).toEqual([{ title: 'at least 10 × Peer 1.0', found: 10, met: true }]);
});

it('says that a goal is missed', () => {
  const [measure] = summarize(
    benchmark([{ atLeast: 10, peer: 'peer' }, { atMost: 50 }]),
    found({ redpost: [99], peer: [10] }),
    { persistent: false, titles },
  );

  expect(measure?.goals.map(({ met }) => met)).toEqual([false, false]);
});

it('judges no goal against a peer without a figure', () => {
  const [measure] = summarize(
    benchmark([{ atLeast: 10, peer: 'peer' }]),
    found({ redpost: [99], peer: [] }),
    { persistent: true, titles },
  );

  expect(measure).toMatchObject({ persistence: 'aof everysec', goals: [] });
  expect(measure?.subjects).toHaveLength(1);
});
