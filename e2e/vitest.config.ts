import { mergeConfig } from 'vitest/config';
import shared from '../tooling/vitest.js';

// Every test has several processes of its own, which mostly wait.
export default mergeConfig(shared, {
  test: { maxWorkers: 2, maxConcurrency: 3 },
});
