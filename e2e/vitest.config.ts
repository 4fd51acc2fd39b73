import { mergeConfig } from 'vitest/config';
import { longestFirst } from '../tooling/longest-first.js';
import shared from '../tooling/vitest.js';

const sequencer = longestFirst('faults.test.ts', 'consumer-frozen.test.ts', 'blocked-loop.test.ts');

// Every test has several processes of its own, which mostly wait. What is lost once under a fault is lost: none has a second
// attempt. What waits in vain says itself what for, which on a busy machine takes many times its limit: until then a test goes on.
export default mergeConfig(shared, {
  test: {
    retry: 0,
    testTimeout: 600_000,
    maxWorkers: 2,
    maxConcurrency: 3,
    sequence: { sequencer },
  },
});
