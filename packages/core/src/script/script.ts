import { createHash } from 'node:crypto';
import type { Argument, Reply } from '../replies.js';

/** A Lua script with typed input and output: the only place that knows positions. */
export interface Script<Input, Result> {
  readonly name: string;
  readonly lua: string;
  /** The SHA-1 by which the server knows the script. */
  readonly sha: string;
  /** True when, called so, it changes nothing before it has found its keys to be of the right types. */
  looksFirst?(input: Input): boolean;
  /** Names become positions. */
  encode(input: Input): ScriptCall;
  /** What the script returned becomes a result. */
  parse(reply: Reply): Result;
}

/** What a script is called with. */
export interface ScriptCall {
  /** Every key the script touches, all in one Cluster slot. */
  keys: readonly string[];
  args: readonly Argument[];
}

/** Makes a script that `Connection.run` can run. */
export function defineScript<Input, Result>(definition: {
  name: string;
  lua: string;
  looksFirst?(input: Input): boolean;
  encode(input: Input): ScriptCall;
  parse(reply: Reply): Result;
}): Script<Input, Result> {
  const sha = createHash('sha1').update(definition.lua).digest('hex');
  return { ...definition, sha };
}
