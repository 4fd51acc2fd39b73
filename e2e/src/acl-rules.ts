import { readFileSync } from 'node:fs';

/** One user of docs/security.md. */
export interface Rule {
  name: string;
  /** Keys, channels, and other parts that do not allow a command. */
  reach: string[];
  /** The commands, as `+get`. */
  commands: string[];
}

/** The rules of docs/security.md, by the name of their user. */
export function readRules(): Map<string, Rule> {
  const text = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8');
  const blocks = text.matchAll(/^```acl\n(.*?)^```$/gms);
  const rules = Array.from(blocks, ([, block = '']) => parse(block));
  return new Map(rules.map((rule) => [rule.name, rule]));
}

function parse(block: string): Rule {
  const [acl, setuser, name, ...words] = block.trim().split(/\s+/);
  if (`${acl} ${setuser}` !== 'ACL SETUSER' || !name) throw new Error(`No rule: ${block}`);
  const commands = words.filter((word) => word.startsWith('+'));
  return { name, commands, reach: words.filter((word) => !word.startsWith('+')) };
}
