import { mergeConfig } from 'vitest/config';
import shared from '../tooling/vitest.js';

// Every test has several processes of its own, which mostly wait; on a busy machine they take time.
export default mergeConfig(shared, {
  test: { testTimeout: 60_000, maxWorkers: 2, maxConcurrency: 3 },
});
