import { expect, it } from 'vitest';
import { sampleResults } from './fixture/results.js';
import { byBenchmark, byPersistence, goalRows } from './grouping.js';

it('measures of one benchmark stand together, with any persistence', () => {
  const benchmarks = byBenchmark(sampleResults());

  expect([...benchmarks.keys()].slice(0, 3)).toEqual(['send', 'send-batch', 'consume']);
  expect(benchmarks.get('send')?.map(({ persistence }) => persistence)).toEqual([
    'none',
    'aof everysec',
  ]);
});

it('measures of one persistence stand together, in the order of the results', () => {
  const groups = byPersistence(sampleResults());

  expect([...groups.keys()]).toEqual(['none', 'aof everysec']);
  expect(groups.get('aof everysec')?.[0]?.name).toBe('send');
});

it('a goal is one row, with what was found in each persistence', () => {
  const rows = goalRows(sampleResults());
  const sends = rows.filter(({ benchmark }) => benchmark === 'send, 100 concurrent callers');

  expect(sends.map(({ goal }) => goal)).toEqual([
    'at least 10 × BullMQ',
    'at least 4 × bee-queue',
    'at least 10 × JetStream',
  ]);
  expect([...(sends[0]?.found.keys() ?? [])]).toEqual(['none', 'aof everysec']);
});

it('equal goals of different benchmarks stay apart', () => {
  const tenTimes = goalRows(sampleResults()).filter(({ goal }) => goal === 'at least 10 × BullMQ');

  expect(tenTimes.map(({ benchmark }) => benchmark)).toEqual([
    'send, 100 concurrent callers',
    'consume, concurrency 1',
  ]);
});
