import type { QueueKeys } from '../keys.js';

/** Input of a script about one consumer, or about none. */
interface KeyedInput {
  keys: QueueKeys;
  consumer?: string;
}

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
  return Object.fromEntries(names.map((name) => [name, keyOf(name)]));
}
