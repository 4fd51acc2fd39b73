import type { Argument, KeyType, Reply } from '@redpost/core';
import type { QueueKeys } from './keys.js';
import { isEnvelope } from './message/envelope.js';

/** How many keys of messages are looked at, and half of all names: each is looked up in Redis with each prefix. */
const mostNames = 20;
/** The longest name of a queue, in bytes, which is longer than that of a key, an id and others. */
const longestName = 1024;

/** What the keys begin with whose names scripts derive, and the types of these. */
export function derivedTypes(keys: QueueKeys): readonly (readonly [prefix: string, KeyType])[] {
  return [
    [keys.levels, 'list'],
    [`${keys.suspects}:`, 'list'],
    [keys.lists, 'list'],
    [`${keys.rate}:`, 'hash'],
    [keys.onceWindows, 'string'],
    [keys.throttleWindows, 'string'],
    [keys.results, 'hash'],
    [keys.resultWaiters, 'set'],
    [keys.outbox, 'stream'],
    [keys.flow, 'hash'],
    [keys.flowResults, 'list'],
    [keys.nestedFlows, 'set'],
  ];
}

/** The types of keys of a consumer, by what stands before its name. */
export function consumerTypes(keys: QueueKeys): readonly (readonly [prefix: string, KeyType])[] {
  return [
    [keys.active(''), 'hash'],
    [keys.batches(''), 'hash'],
    [keys.handoff(''), 'list'],
    [keys.registration(''), 'string'],
    [keys.labels(''), 'hash'],
    [keys.onces(''), 'hash'],
    [keys.cancelled(''), 'hash'],
  ];
}

/**
 * The keys that a script may have derived from these arguments: those of all levels, of each name that is an argument or
 * stands in JSON or in the header of a message, and of the keys whose messages are next.
 *
 * @param read asks Redis.
 */
export async function derivedKeys(
  keys: QueueKeys,
  args: readonly Argument[],
  read: (command: string, args: readonly Argument[]) => Promise<Reply>,
): Promise<string[]> {
  const ready = (await read('ZRANGE', [keys.ready, 0, mostNames - 1])) as Buffer[];
  const names = new Set<string>();
  for (const name of [...args.flatMap(namesIn), ...ready.map(String)]) {
    if (names.size < 2 * mostNames && Buffer.byteLength(name) <= longestName) names.add(name);
  }
  const [levels, suspects, ...named] = derivedTypes(keys).map(([prefix]) => prefix);
  return [
    ...Array.from({ length: 10 }, (_, level) => [`${levels}${level}`, `${suspects}${level}`]),
    ...[...names].map((name) => named.map((prefix) => prefix + name)),
  ].flat();
}

function namesIn(arg: Argument): string[] {
  if (typeof arg === 'number') return [];
  if (isEnvelope(arg)) {
    const element = String(arg);
    return textsIn(element.slice(2, element.indexOf('\n')));
  }
  const text = String(arg);
  return /^[[{]/.test(text) ? textsIn(text) : [text];
}

/** All texts in JSON: none if it is no JSON. What is sent once has a word in front of its key. */
function textsIn(json: string): string[] {
  const texts: string[] = [];
  const note = (_: string, value: unknown) => {
    if (typeof value === 'string') texts.push(value, value.replace(/^(taken|done):/, ''));
    return value;
  };
  try {
    JSON.parse(json, note);
  } catch {
    return [];
  }
  return texts;
}
