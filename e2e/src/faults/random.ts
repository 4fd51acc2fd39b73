/**
 * Numbers from 0 to 1 (exclusive) that depend on the seed only.
 *
 * Source: mulberry32, public domain.
 */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A number from `least` to `most`. */
export function between(random: () => number, [least, most]: readonly [number, number]): number {
  return least + random() * (most - least);
}

/** A random element of the list. */
export function oneOf<Item>(random: () => number, items: readonly Item[]): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('There is none to choose from');
  return item;
}

/** A separate sequence of numbers, for parts that use an unplanned number of them. */
export function fork(random: () => number): () => number {
  return randomFrom(Math.floor(random() * 2 ** 32));
}
