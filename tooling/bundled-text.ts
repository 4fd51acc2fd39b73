import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Options } from 'tsup';
import { luaAsText } from './lua-text.js';

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

/**
 * Makes `place` a module whose `code` is the text of `program` with all that it imports, packages
 * included: for `new Worker(code, { eval: true })`, which needs no file then.
 *
 * Node takes such a text for CommonJS, or for a module with `--input-type=module`, and other runtimes
 * for a module: so it makes its own `require`, in a way that both have. It ends with the licences of
 * the packages that it consists of.
 */
export const bundledText = ({ place, program }: { place: RegExp; program: string }): Plugin => ({
  name: 'bundled-text',
  setup({ onLoad, esbuild }) {
    onLoad({ filter: place }, async () => {
      const { outputFiles, metafile } = await esbuild.build({
        entryPoints: [program],
        bundle: true,
        write: false,
        metafile: true,
        platform: 'node',
        target: 'node20',
        format: 'cjs',
        minify: true,
        plugins: [luaAsText],
      });
      const text = `import('node:module').then(({ createRequire }) => {
const require = createRequire('/');
${outputFiles[0]?.text}});
${licences(Object.keys(metafile?.inputs ?? {}))}`;
      return { contents: `export const code = ${JSON.stringify(text)};` };
    });
  },
});

/** As comments, for each package that one of these files belongs to. */
function licences(files: readonly string[]): string {
  const folders = files.flatMap((file) => /.*node_modules\/(@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []);
  return [...new Set(folders)].map(licence).join('');
}

function licence(folder: string): string {
  const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (!file) throw new Error(`${name} comes without its licence`);
  return `/*!\n${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n*/\n`;
}
