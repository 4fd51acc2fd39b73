/** Lua code that several scripts share, mostly local functions. */
export interface ScriptPart {
  readonly name: string;
  readonly lua: string;
  /** Parts that this part calls. */
  readonly uses: readonly ScriptPart[];
  /** Names of keys and arguments that a script has to declare, because this part uses them. */
  readonly needs: readonly string[];
}

/** Makes a part that `defineScript` can put in front of a script. */
export function definePart({
  uses = [],
  needs = [],
  ...part
}: Pick<ScriptPart, 'name' | 'lua'> & Partial<ScriptPart>): ScriptPart {
  return { ...part, uses, needs };
}

/** These parts and all parts that they use: each once, after the parts that it uses. */
export function withUsed(
  parts: readonly ScriptPart[],
  found = new Set<ScriptPart>(),
): ScriptPart[] {
  for (const part of parts) {
    if (found.has(part)) continue;
    withUsed(part.uses, found);
    found.add(part);
  }
  return [...found];
}
