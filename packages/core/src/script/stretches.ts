/** A piece of Lua: a local function that stands in no other one, or what stands between two such functions. */
export interface Stretch {
  lua: string;
  /** The name of the function; undefined for all else. */
  name: string | undefined;
  /** Every name in it, and so each function and variable that it uses. */
  words: ReadonlySet<string>;
}

/** A comment, a text, or a word. */
const token = /--\[\[.*?\]\]|--[^\n]*|\[\[.*?\]\]|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[a-z_]\w*/gis;
const openers = new Set(['function', 'if', 'do', 'repeat']);
const closers = new Set(['end', 'until']);

export function stretchesOf(lua: string): Stretch[] {
  const found: Stretch[] = [];
  let start = 0;
  let depth = 0;
  let name: string | undefined;
  let words = new Set<string>();
  const cut = (end: number) => {
    if (end > start) found.push({ lua: lua.slice(start, end), name, words });
    start = end;
    name = undefined;
    words = new Set();
  };
  let [before, beforeAt] = ['', 0];
  for (const { 0: word, index } of lua.matchAll(token)) {
    if (depth === 0 && word === 'function' && before === 'local') {
      cut(beforeAt);
      name = /^\s+(\w+)/.exec(lua.slice(index + word.length))?.[1];
    }
    if (openers.has(word)) depth += 1;
    if (closers.has(word)) depth -= 1;
    words.add(word);
    if (word === 'end' && depth === 0 && name !== undefined) {
      const end = index + word.length;
      cut(lua[end] === '\n' ? end + 1 : end);
    }
    [before, beforeAt] = [word, index];
  }
  cut(lua.length);
  return found;
}

/** Every name in a piece of Lua. */
export function wordsOf(lua: string): Set<string> {
  return new Set(lua.match(token));
}
