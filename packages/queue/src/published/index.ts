import { manifestOf } from './manifest.js';
import { published } from './scripts.js';

/**
 * The files that the package has for clients in other languages, by their names.
 *
 * @param sourceOf reads a file of `src/scripts`.
 */
export function publishedFiles(
  version: string,
  sourceOf: (file: string) => string,
): Record<string, string> {
  const files: Record<string, string> = {};
  const scripts: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(published)) {
    files[`${name}.lua`] = one.script.lua;
    scripts[name] = manifestOf(one, sourceOf(`${one.source}.lua`));
  }
  files['scripts.json'] = `${JSON.stringify({ version, scripts }, null, 1)}\n`;
  return files;
}
