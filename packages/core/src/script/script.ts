import { createHash } from 'node:crypto';
import { InvalidArgumentError } from '../errors.js';
import { type NamesOf, refuseUnknownOptions } from '../options/options.js';
import type { Argument, Reply } from '../replies.js';
import { compose } from './compose.js';
import { type ScriptPart, withUsed } from './part.js';

/** A Lua script with typed input and output. */
export interface Script<Input, Result> {
  readonly name: string;
  readonly lua: string;
  /** What it was defined with, where it was defined. */
  readonly definition?: ScriptDefinition<never, unknown>;
  /** The SHA-1 by which the server knows the script. */
  readonly sha: string;
  /** True when, with this input, the script has changed nothing by the time it finds that `key` is of another type. */
  looksFirst?(input: Input, key: string): boolean;
  /** Turns the named keys and arguments into positions. */
  encode(input: Input): ScriptCall;
  /** Turns the reply of the script into a result. */
  parse(reply: Reply): Result;
}

/** The keys and arguments of one call. */
export interface ScriptCall {
  /** Every key the script touches, all in one Cluster slot. */
  keys: readonly string[];
  args: readonly Argument[];
}

/** The input of `defineScript`. */
export interface ScriptDefinition<Input, Result> {
  /** For messages. */
  name: string;
  /** The parts that the script calls. The parts that these use are added automatically. */
  uses?: readonly ScriptPart[];
  /**
   * Every key that the script touches, all in one Cluster slot: in Lua, each that the script uses is a local variable of
   * its name. The last one may be undefined, where there is none.
   */
  keys?: Readonly<Record<string, (input: Input) => string | undefined>>;
  /** Any number of further keys, all in the slot of the others. In Lua, they are KEYS behind those that have names. */
  restKeys?(input: Input): readonly string[];
  /** The single arguments: in Lua, each is a local variable of its name. Redis makes texts of them. */
  args?: Readonly<Record<string, (input: Input) => Argument>>;
  /** Any number of further arguments. In Lua, they are ARGV from the index `rest` on. */
  rest?(input: Input): readonly Argument[];
  lua: string;
  /** See {@link Script.looksFirst}. */
  looksFirst?(input: Input, key: string): boolean;
  /** Turns the reply of the script into a result. */
  parse(reply: Reply): Result;
}

const names: NamesOf<ScriptDefinition<unknown, unknown>> = {
  name: true,
  uses: true,
  keys: true,
  restKeys: true,
  args: true,
  rest: true,
  lua: true,
  looksFirst: true,
  parse: true,
};

/**
 * Makes a script that `Connection.run` can run.
 *
 * @example
 * ```ts
 * const add = defineScript<{ counter: string; by: number }, number>({
 *   name: 'add',
 *   keys: { counter: ({ counter }) => counter },
 *   args: { by: ({ by }) => by },
 *   lua: `return redis.call('INCRBY', counter, by)`,
 *   parse: Number,
 * });
 * ```
 *
 * @throws InvalidArgumentError for an unknown option, a name that cannot be a variable, or a part that lacks
 * what it needs.
 */
export function defineScript<Input, Result>(
  definition: ScriptDefinition<Input, Result>,
): Script<Input, Result> {
  refuseUnknownOptions('defineScript()', definition, names);
  const { name, uses = [], keys = {}, restKeys, args = {}, rest, looksFirst, parse } = definition;
  const [keyNames, argNames] = [Object.keys(keys), Object.keys(args)];
  const parts = withUsed(uses);
  checkNames(name, [...keyNames, ...argNames], parts);
  const firstOfRest = rest ? argNames.length + 1 : undefined;
  // Only when it is first called: a process loads many scripts that it never calls.
  let lua: string | undefined;
  let sha: string | undefined;

  const [keysOf, argsOf] = [Object.values(keys), Object.values(args)];
  return {
    name,
    definition,
    get lua() {
      lua ??= compose(keyNames, argNames, firstOfRest, parts, definition.lua);
      return lua;
    },
    get sha() {
      sha ??= createHash('sha1').update(this.lua).digest('hex');
      return sha;
    },
    ...(looksFirst && { looksFirst }),
    encode(input) {
      // Arrays that grow one by one would leave several times their size behind.
      const its = keysOf.map((keyOf) => keyOf(input));
      if (its.at(-1) === undefined) its.pop();
      const single = argsOf.map((argOf) => argOf(input));
      return {
        keys: restKeys ? (its as string[]).concat(restKeys(input)) : (its as string[]),
        args: rest ? single.concat(rest(input)) : single,
      };
    },
    parse,
  };
}

function checkNames(script: string, names: readonly string[], parts: readonly ScriptPart[]): void {
  for (const name of names) {
    if (/^[a-z_]\w*$/i.test(name) && names.indexOf(name) === names.lastIndexOf(name)) continue;
    const why = 'is no variable of Lua, or is there twice';
    throw new InvalidArgumentError(
      `'${name}', a key or argument of the script '${script}', ${why}`,
    );
  }
  for (const part of parts) {
    const missing = part.needs.find((need) => !names.includes(need));
    if (missing === undefined) continue;
    throw new InvalidArgumentError(
      `The script '${script}' uses the part '${part.name}', which needs '${missing}' among its keys and arguments`,
    );
  }
}
