import { expect, it } from 'vitest';
import { benchOptions } from './options.js';

it('measures everything, with and without persistence, unless told otherwise', () => {
  const options = benchOptions([]);

  expect(options).toMatchObject({ quick: false, persistence: 'both' });
  expect(options.only).toBeUndefined();
  expect(options.peers).toBeUndefined();
});

it('is quick without persistence only', () => {
  expect(benchOptions(['--quick'])).toMatchObject({ quick: true, persistence: 'none' });
});

it('takes names of measures and of peers, or no peers', () => {
  expect(benchOptions(['--only', 'send', 'latency', '--peers', 'bullmq'])).toMatchObject({
    only: ['send', 'latency'],
    peers: ['bullmq'],
  });
  expect(benchOptions(['--no-peers']).peers).toEqual([]);
});
