import { mergeConfig } from 'vitest/config';
import { longestFirst } from '../../tooling/longest-first.js';
import shared from '../../tooling/vitest.js';

const sequencer = longestFirst(
  'standstill.test.ts',
  'planned-failover.test.ts',
  'standstill-cluster.test.ts',
);

// Most tests wait for a server to stop, to come back, or to give up on somebody.
export default mergeConfig(shared, { test: { maxWorkers: 3, sequence: { sequencer } } });
