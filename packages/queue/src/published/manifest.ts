import { queueKeys } from '../keys.js';
import type { PublishedScript } from './scripts.js';

/** An argument of a script. */
interface PublishedArgument {
  name: string;
  /** What it always is, with `<queue>` and `<consumer>` for these names; undefined if it depends on the call. */
  value?: string;
}

/** What a client needs to know to call a script. */
export interface ScriptManifest {
  sha1: string;
  /** What it does, what its arguments are and what it returns. */
  about: string;
  /** KEYS, in their order, with `<queue>` and `<consumer>` for these names. */
  keys: { name: string; key: string }[];
  /** ARGV, in its order. */
  args: PublishedArgument[];
  /** True if any number of further arguments follow. */
  rest: boolean;
}

const names = { queue: '<queue>', consumer: '<consumer>' };
/** What every call of a script has. */
const common = { keys: queueKeys(names.queue), consumer: names.consumer };

/** @param source the text of its file. */
export function manifestOf({ script }: PublishedScript, source: string): ScriptManifest {
  const { keys = {}, args = {}, rest } = script.definition ?? {};
  const input = inputOf({ ...common, overdue: names.consumer });
  return {
    sha1: script.sha,
    about: beginningOf(source),
    keys: Object.entries(keys).map(([name, keyOf]) => ({ name, key: String(keyOf(input)) })),
    args: Object.entries(args).map(([name, argOf]) => argument(name, argOf)),
    rest: rest !== undefined,
  };
}

function argument(name: string, argOf: (input: never) => unknown): PublishedArgument {
  const value = fixed(argOf);
  const isFixed =
    typeof value === 'number' || Object.values(names).some((one) => includes(value, one));
  return isFixed ? { name, value: String(value) } : { name };
}

/** What an argument is that depends on no more than the names; undefined for any other. */
function fixed(argOf: (input: never) => unknown): unknown {
  try {
    return argOf(inputOf(common));
  } catch {
    return undefined;
  }
}

function includes(value: unknown, text: string): boolean {
  return typeof value === 'string' && value.includes(text);
}

/** An input that throws when it is asked for anything else. */
function inputOf(known: Readonly<Record<string, unknown>>): never {
  return new Proxy(known, {
    get(_, name) {
      if (typeof name === 'string' && name in known) return known[name];
      throw new Error(`${String(name)} depends on the call`);
    },
  }) as never;
}

/** The comment at the top of a file. */
function beginningOf(source: string): string {
  const lines = source.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('--'));
  return lines
    .slice(0, end)
    .map((line) => line.replace(/^-- ?/, ''))
    .join('\n');
}
