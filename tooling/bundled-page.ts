import type { Options } from 'tsup';
import { licences } from './bundled-text.js';

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
  const notice = licences(Object.keys(metafile.inputs));
  return { script: `${text('.js')}\n${notice}`, styles: text('.css') };
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
