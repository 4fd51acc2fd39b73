import { readFileSync } from 'node:fs';
import { defineConfig, type Options } from 'tsup';
import { declarations } from './declarations.js';
import { luaAsText } from './lua-text.js';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

const shared: Options = {
  // What consumers tell of themselves.
  define: { PACKAGE_VERSION: JSON.stringify(version) },
  target: 'node20',
  platform: 'node',
  sourcemap: true,
  clean: true,
};

/** A published library: ESM, CommonJS, and types for both. */
export const library = (
  entry: Record<string, string>,
  esbuildPlugins: NonNullable<Options['esbuildPlugins']> = [],
) =>
  defineConfig(() => ({
    ...shared,
    entry,
    esbuildPlugins: [luaAsText, ...esbuildPlugins],
    esbuildOptions(options, { format }) {
      // `import()` as `require()`: Jest has no other in CommonJS.
      if (format === 'cjs') options.supported = { 'dynamic-import': false };
    },
    format: ['esm', 'cjs'],
    // `import.meta.url` in CommonJS too.
    shims: true,
    // tsup sets `baseUrl`, which TypeScript 6 reports as deprecated.
    dts: { entry: declarations(entry), compilerOptions: { ignoreDeprecations: '6.0' } },
  }));

/** A program: ESM only, and nobody imports it. */
export const program = (entry: Record<string, string>) =>
  // What is installed beside it stays there, also what only development needs.
  defineConfig({ ...shared, entry, format: ['esm'], dts: false, skipNodeModulesBundle: true });
