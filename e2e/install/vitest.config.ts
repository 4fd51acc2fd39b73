import { defineConfig } from 'vitest/config';

// Apart from the other tests: it takes minutes, and needs a registry.
export default defineConfig({
  test: {
    include: ['install/**/*.test.ts'],
    globalSetup: 'install/install-registry.ts',
    // Each test is a handful of processes, one after the other.
    maxConcurrency: 2,
    maxWorkers: 2,
    testTimeout: 660_000,
    hookTimeout: 660_000,
    reporters: ['default', ['json', { outputFile: '.turbo/test-report.json' }]],
  },
});
