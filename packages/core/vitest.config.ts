import { mergeConfig } from 'vitest/config';
import shared from '../../tooling/vitest.js';

// Most tests wait for a server to stop, to come back, or to give up on somebody.
export default mergeConfig(shared, { test: { maxWorkers: 3 } });
