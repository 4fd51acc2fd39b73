import { keySlot, slots } from './key-slot.js';

/**
 * Where the partitions of a queue lie in the order of all slots, from 0 to 1. Of the first `n`, for each `n` up to 12, exactly one
 * lies in each `n`-th: so wherever `n` masters share the slots in equal parts, they have equal numbers of the first `n` partitions,
 * and of twice as many. Not more than 17 places can have this property.
 */
const places = [
  ...[0.3167, 0.6125, 0.8091, 0.1548, 0.4365, 0.9583],
  ...[0.0417, 0.7136, 0.5227, 0.225, 0.8712, 0.375],
];

/** How far from its place a partition may lie. */
const tolerance = 0.006;

const goldenRatio = (Math.sqrt(5) - 1) / 2;

/**
 * The list of a partition: the name and the number in braces, e.g. `{jobs:2}`, with letters behind them that bring it to its place
 * among the slots, e.g. `{jobs:2cx}`. Names that differ in a digit only would lie close together at four places.
 *
 * @param index from 0 on.
 */
export function partitionList(name: string, index: number): string {
  const place = places[index] ?? (index * goldenRatio) % 1;
  let best = '';
  let least = Number.POSITIVE_INFINITY;
  for (const letters of endings()) {
    const list = `{${name}:${index}${letters}}`;
    const distance = Math.abs((keySlot(list) + 0.5) / slots - place);
    if (distance < tolerance) return list;
    if (distance < least) [best, least] = [list, distance];
  }
  return best;
}

/** None, one letter, two letters. */
function* endings(): Generator<string> {
  const letters = [...'abcdefghijklmnopqrstuvwxyz'];
  yield '';
  yield* letters;
  for (const first of letters) for (const second of letters) yield first + second;
}
