/**
 * How much of a number that bounds a queue each of its lists gets: the list of the queue's name, which holds what was sent before
 * it had partitions, all of it, and the partitions equal parts.
 *
 * @param at of the list.
 */
export function shareOf(number: number, at: number, lists: number): number {
  return at === 0 ? number : Math.ceil(number / (lists - 1));
}
