import { mergeConfig } from 'vitest/config';
import { longestFirst } from '../tooling/longest-first.js';
import shared from '../tooling/vitest.js';

const sequencer = longestFirst('faults.test.ts', 'consumer-frozen.test.ts', 'blocked-loop.test.ts');

// Every test has several processes of its own, which mostly wait.
export default mergeConfig(shared, {
  test: { maxWorkers: 2, maxConcurrency: 3, sequence: { sequencer } },
});
