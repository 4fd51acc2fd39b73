import { derivedTypes } from '../derived-keys.js';
import type { QueueKeys } from '../keys.js';

/** Input of a script about one consumer, or about none. */
interface KeyedInput {
  keys: QueueKeys;
  consumer?: string;
}

/** The keys about keys of messages. */
const keysOfKeys = ['ready', 'later', 'busy', 'fair', 'keysByPending', 'keysByAge'] as const;

/** The keys of a queue that scripts need which know where messages with a priority or a key wait. */
export const placeKeys = ['returned', 'suspects', 'shape', 'seen', ...keysOfKeys, 'idle'] as const;

/** The keys of scripts that change what a consumer holds. */
export const heldKeys = [
  'active',
  'batches',
  'labels',
  'handoff',
  'holders',
  'once',
  'onces',
] as const;

/** The keys of messages that wait until no other one comes. */
export const debouncedKeys = ['debounced', 'debouncedFirsts', 'debouncedElements'] as const;

/**
 * `looksFirst` of a script that sends. What is kept about keys it reads only for messages with a key: when one of these Redis
 * keys is of another type, the message itself is in the queue already.
 */
export function looksFirstAtPlaces({ keys }: KeyedInput, key: string): boolean {
  return !keysOfKeys.some((name) => keys[name] === key);
}

/**
 * `looksFirst` of a script that puts messages back. It does not look at what it needs only for some of them, with a priority
 * or a key: when one of these keys is of another type, others may be in the queue already.
 */
export function looksFirstButAtKeys(input: KeyedInput, key: string): boolean {
  if (!looksFirstAtPlaces(input, key)) return false;
  return !derivedTypes(input.keys).some(([prefix]) => key.startsWith(prefix));
}

/** What other keys of such scripts begin with, and the signal. */
export const placeArgs = {
  level_prefix: ({ keys }: KeyedInput) => keys.levels,
  key_prefix: ({ keys }: KeyedInput) => keys.lists,
  signal: ({ keys }: KeyedInput) => keys.signal,
};

/** What the keys of results begin with. */
export const resultArgs = {
  result_prefix: ({ keys }: KeyedInput) => keys.results,
  waiters_prefix: ({ keys }: KeyedInput) => keys.resultWaiters,
};

/** The keys of scripts that end messages, which may be members of flows. */
export const memberKeys = ['members', 'outboxes'] as const;

/** What the keys of outboxes begin with. */
export const memberArgs = { outbox_prefix: ({ keys }: KeyedInput) => keys.outbox };

/** The keys of scripts about flows that continue in the queue. */
export const flowKeys = [
  'list',
  'delayed',
  ...placeKeys,
  ...memberKeys,
  'flows',
  'flowQueues',
] as const;

export const flowArgs = {
  ...placeArgs,
  ...memberArgs,
  flow_prefix: ({ keys }: KeyedInput) => keys.flow,
  flow_results_prefix: ({ keys }: KeyedInput) => keys.flowResults,
  nested_prefix: ({ keys }: KeyedInput) => keys.nestedFlows,
};

/** Keys of a queue, and of the consumer that a script is about, by their names. */
export function namedKeys<Input extends KeyedInput>(
  ...names: (keyof QueueKeys)[]
): Record<string, (input: Input) => string> {
  const keyOf =
    (name: keyof QueueKeys) =>
    ({ keys, consumer = '' }: Input) => {
      const key = keys[name];
      return typeof key === 'string' ? key : key(consumer);
    };
  return Object.fromEntries(names.map((name) => [inLua(name), keyOf(name)]));
}

/** Names of several words have underscores there. */
function inLua(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
