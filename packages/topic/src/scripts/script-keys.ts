import type { GroupKeys } from '../topic-keys.js';

/** The keys of a group with these names, for scripts whose input has all keys of the group. */
export function groupKeys(
  ...names: (keyof GroupKeys)[]
): Record<string, (input: { keys: GroupKeys }) => string> {
  return Object.fromEntries(names.map((name) => [name, ({ keys }) => keys[name]]));
}

/** What the consumer tells of itself that a script is about. */
export function registration({ keys, consumer }: { keys: GroupKeys; consumer: string }): string {
  return keys.registrations + consumer;
}
