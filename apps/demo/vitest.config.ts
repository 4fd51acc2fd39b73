import { mergeConfig } from 'vitest/config';
import shared from '../../tooling/vitest.js';

// The programs that the tests start wait for most of their time.
export default mergeConfig(shared, { test: { maxWorkers: 4 } });
