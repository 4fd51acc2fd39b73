import { defineConfig } from 'vitest/config';

// Apart from the other tests: these need the programs of other systems, which scripts/test-foreign.mjs installs.
export default defineConfig({
  test: {
    include: ['foreign/**/*.test.ts'],
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    reporters: ['default', ['json', { outputFile: '.turbo/test-report.json' }]],
  },
});
