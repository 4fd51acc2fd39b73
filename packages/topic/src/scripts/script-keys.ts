import type { GroupKeys } from '../topic-keys.js';

/** Keys of a group by their names, for scripts whose input has them all. */
export function groupKeys(
  ...names: (keyof GroupKeys)[]
): Record<string, (input: { keys: GroupKeys }) => string> {
  return Object.fromEntries(names.map((name) => [name, ({ keys }) => keys[name]]));
}
