import { readFileSync } from 'node:fs';
import type { Options } from 'tsup';

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

/**
 * The text of a Lua file without comments, empty lines and indentation: scripts are part of each package, and some of
 * them are part of each call. A comment is a line of its own, and no text has several lines.
 */
export function luaText(path: string): string {
  return readFileSync(path, 'utf8').replace(/^[ \t]*(--.*)?\n|^[ \t]+/gm, '');
}

/** Makes a Lua file a module whose default export is its text. */
export const luaAsText: Plugin = {
  name: 'lua-as-text',
  setup({ onLoad }) {
    onLoad({ filter: /\.lua$/ }, ({ path }) => ({ contents: luaText(path), loader: 'text' }));
  },
};
