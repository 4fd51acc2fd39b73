import { mergeConfig } from 'vitest/config';
import shared from '../tooling/vitest.js';

export default mergeConfig(shared, { test: { testTimeout: 60_000 } });
