import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Options } from 'tsup';

type Plugin = NonNullable<Options['esbuildPlugins']>[number];
type Build = Parameters<Plugin['setup']>[0]['esbuild']['build'];

/** A page in one script and one style sheet, with the packages that it imports and their licences. */
export interface BundledPage {
  script: string;
  styles: string;
}

/** @param program the file that starts the page. */
export async function bundlePage(build: Build, program: string): Promise<BundledPage> {
  const { outputFiles, metafile } = await build({
    entryPoints: [program],
    bundle: true,
    write: false,
    metafile: true,
    outdir: 'page',
    platform: 'browser',
    target: 'es2022',
    format: 'esm',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    legalComments: 'none',
  });
  const text = (end: string) => outputFiles.find(({ path }) => path.endsWith(end))?.text ?? '';
  const notices = noticesOf(Object.keys(metafile?.inputs ?? {}));
  return { script: `${text('.js')}\n${notices}`, styles: text('.css') };
}

/** The text of a module that exports the page. */
export function pageModule({ script, styles }: BundledPage): string {
  return `export const script = ${JSON.stringify(script)};\nexport const styles = ${JSON.stringify(styles)};\n`;
}

/** Makes `place` a module with the texts of the page. */
export const bundledPage = ({ place, program }: { place: RegExp; program: string }): Plugin => ({
  name: 'bundled-page',
  setup({ onLoad, esbuild }) {
    onLoad({ filter: place }, async () => ({
      contents: pageModule(await bundlePage(esbuild.build, program)),
    }));
  },
});

/** The licences of the packages that these files belong to, as comments. */
function noticesOf(files: readonly string[]): string {
  const folders = files.flatMap((file) => /.*node_modules\/(@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []);
  return [...new Set(folders)].map(noticeOf).join('');
}

function noticeOf(folder: string): string {
  const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (!file) throw new Error(`${name} comes without its licence`);
  return `/*!\n${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n*/\n`;
}
