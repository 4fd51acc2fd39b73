import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Options } from 'tsup';
import { luaAsText } from './lua-text.js';

type Plugin = NonNullable<Options['esbuildPlugins']>[number];
type PublishedFiles = (
  version: string,
  sourceOf: (file: string) => string,
) => Record<string, string>;

/**
 * Writes the scripts of a package as files, for clients in other languages: as the package itself runs them, since they are
 * made of the same modules.
 *
 * @param module whose function `publishedFiles` makes them
 */
export const publishedScripts = ({
  module,
  folder,
}: {
  module: string;
  folder: string;
}): Plugin => ({
  name: 'published-scripts',
  setup({ onEnd, esbuild, initialOptions }) {
    // Once, and not for each format.
    if (initialOptions.format !== 'esm') return;
    onEnd(async () => {
      const { outputFiles } = await esbuild.build({
        entryPoints: [module],
        bundle: true,
        write: false,
        platform: 'node',
        format: 'cjs',
        define: { PACKAGE_VERSION: '""' },
        plugins: [luaAsText],
      });
      const loaded = { exports: {} as { publishedFiles: PublishedFiles } };
      const load = new Function('module', 'exports', 'require', String(outputFiles[0]?.text));
      load(loaded, loaded.exports, createRequire(import.meta.url));
      const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
      const sourceOf = (file: string) => readFileSync(join('src', 'scripts', file), 'utf8');
      mkdirSync(folder, { recursive: true });
      for (const [name, text] of Object.entries(loaded.exports.publishedFiles(version, sourceOf))) {
        writeFileSync(join(folder, name), text);
      }
    });
  },
});
