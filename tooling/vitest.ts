import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig, type Plugin, type ViteUserConfig } from 'vitest/config';
import { luaText } from './lua-text.js';

// With that of pnpm, the programs that tests start would find modules which they do not find where users start them.
// biome-ignore lint/suspicious/noUndeclaredEnvVars: it is deleted, so that no result depends on it.
delete process.env.NODE_PATH;

const luaAsText: Plugin = {
  name: 'lua-as-text',
  enforce: 'pre',
  load(id) {
    if (!id.endsWith('.lua')) return undefined;
    return `export default ${JSON.stringify(luaText(id))};`;
  },
};

const folders = ['src', 'test'];
const include = folders.map((folder) => `${folder}/**/*.test.ts`);

const shared: ViteUserConfig = {
  plugins: [luaAsText],
  // As in `tsup.ts`.
  define: { PACKAGE_VERSION: JSON.stringify('0.0.0-test') },
  test: {
    passWithNoTests: true,
    // Not one fewer than there are processors: tests wait for a third of their time.
    maxWorkers: '100%',
    // For what hangs. What is to happen in time says so itself, and how busy the machine is counts then
    // (`tooling/machine-pace.ts`).
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // A busy machine may hold up a process for a second or more: a test that misses something because of that has a
    // second attempt, and `npm test` names it at the end. Who works at one test has none.
    retry: process.env.REDPOST_TEST_RETRY ? 1 : 0,
    // What a test says when it fails is all that a run elsewhere leaves behind.
    chaiConfig: { truncateThreshold: 2000 },
    // A server that all files share (`tooling/given-server.ts`) is for one of them at a time.
    fileParallelism: !process.env.REDPOST_TEST_URL,
    // The report is what `npm test` adds up, also when turbo restores a run from its cache.
    reporters: ['default', ['json', { outputFile: '.turbo/test-report.json' }]],
  },
};

/** Each file loads the modules that it tests for itself. */
export default defineConfig({ ...shared, test: { ...shared.test, include } });

/**
 * The files that a worker runs share their modules, since loading them again for each file would take half
 * of the time of a processor. So a file has to give back what it changes of the process. Files that replace a
 * module are apart: others have loaded it before, or would load what took its place.
 */
export function sharingModules(): ViteUserConfig {
  const mocking = testFiles().filter((path) =>
    /\bvi\.(doM|m)ock\(/.test(readFileSync(path, 'utf8')),
  );
  const sharing = { name: 'sharing', include, exclude: mocking, isolate: false };
  const apart = mocking.length > 0 ? [{ name: 'mocking', include: mocking }] : [];
  const projects = [sharing, ...apart].map((test) => ({ extends: true as const, test }));
  return defineConfig({ ...shared, test: { ...shared.test, projects } });
}

function testFiles(): string[] {
  return folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name))),
    )
    .filter((path) => path.endsWith('.test.ts'));
}
