import { defineConfig, type Plugin } from 'vitest/config';
import { luaText } from './lua-text.js';

const luaAsText: Plugin = {
  name: 'lua-as-text',
  enforce: 'pre',
  load(id) {
    if (!id.endsWith('.lua')) return undefined;
    return `export default ${JSON.stringify(luaText(id))};`;
  },
};

export default defineConfig({
  plugins: [luaAsText],
  // As in `tsup.ts`.
  define: { PACKAGE_VERSION: JSON.stringify('0.0.0-test') },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    passWithNoTests: true,
    // Not one fewer than there are processors: tests wait for a third of their time.
    maxWorkers: '100%',
    // For what hangs. What is to happen in time says so itself, and how busy the machine is counts then
    // (`tooling/machine-pace.ts`).
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // What a test says when it fails is all that a run elsewhere leaves behind.
    chaiConfig: { truncateThreshold: 2000 },
    // A server that all files share (`tooling/given-server.ts`) is for one of them at a time.
    fileParallelism: !process.env.REDPOST_TEST_URL,
    // The report is what `npm test` adds up, also when turbo restores a run from its cache.
    reporters: ['default', ['json', { outputFile: '.turbo/test-report.json' }]],
  },
});
