import type { ScriptPart } from './part.js';
import { type Stretch, stretchesOf, wordsOf } from './stretches.js';

const stretches = new WeakMap<ScriptPart, readonly Stretch[]>();

/**
 * Puts parts in front of a script, without the functions that it does not use, and above them the keys and arguments
 * that it uses: the server makes each function anew in each call, and Lua allows a script 200 local variables.
 *
 * @param rest where the further arguments begin, if there are any
 */
export function compose(
  keys: readonly string[],
  args: readonly string[],
  rest: number | undefined,
  parts: readonly ScriptPart[],
  lua: string,
): string {
  const used = wordsOf(lua);
  const kept: string[] = [];
  // From the last one on, because what a function uses stands before it.
  for (const stretch of parts.flatMap(stretchesIn).reverse()) {
    if (stretch.name !== undefined && !used.has(stretch.name)) continue;
    kept.unshift(stretch.lua);
    for (const word of stretch.words) used.add(word);
  }
  const first = rest === undefined ? '' : `local rest = ${rest}\n`;
  return [locals(keys, 'KEYS', used), locals(args, 'ARGV', used), first, ...kept, lua].join('');
}

function locals(names: readonly string[], values: string, used: ReadonlySet<string>): string {
  const places = names.map((name, at) => ({ name, value: `${values}[${at + 1}]` }));
  const found = places.filter(({ name }) => used.has(name));
  if (found.length === 0) return '';
  const [left, right] = [found.map(({ name }) => name), found.map(({ value }) => value)];
  return `local ${left.join(', ')} = ${right.join(', ')}\n`;
}

function stretchesIn(part: ScriptPart): readonly Stretch[] {
  const known = stretches.get(part);
  if (known) return known;
  const found = stretchesOf(`${part.lua}\n`);
  stretches.set(part, found);
  return found;
}
