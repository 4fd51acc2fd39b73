import { InvalidArgumentError } from '@redpost/core';
import type { QueueLimitChanges } from '../shape/limits.js';

/**
 * What limits each list of a queue, so that all of them together start no more than the queue may. The list of the queue's name gets
 * one message of each limit, for what was sent before the queue had partitions, and the partitions get equal parts of the rest.
 * What holds for each key is not divided, because a key is in one partition.
 *
 * @param partitions at least 1.
 * @throws InvalidArgumentError for a limit that is too small to be divided.
 */
export function limitShares(changes: QueueLimitChanges, partitions: number): QueueLimitChanges[] {
  const { rate, concurrency } = changes;
  const shares: QueueLimitChanges[] = Array.from({ length: 1 + partitions }, () => ({
    ...changes,
  }));
  if (concurrency) {
    const parts = divided('concurrency', concurrency, partitions);
    for (const [at, share] of shares.entries()) share.concurrency = parts[at];
  }
  if (rate) {
    const { max, burst = 0, ...others } = rate;
    const parts = divided('rate.max', max, partitions);
    const bursts = inParts(burst, partitions);
    for (const [at, share] of shares.entries()) {
      share.rate = { ...others, max: parts[at] as number, burst: at === 0 ? 0 : bursts[at - 1] };
    }
  }
  return shares;
}

function divided(name: string, number: number, partitions: number): number[] {
  if (number <= partitions) {
    const hint =
      name === 'rate.max'
        ? `as much in a longer time, e.g. ${partitions + 1} in ${partitions + 1} times perMs`
        : 'a larger one, or a queue without partitions';
    throw new InvalidArgumentError(
      `${name} is shared by the lists of a queue, which has ${partitions} partitions: it is at least ${partitions + 1}, got ${number}. Give ${hint}`,
    );
  }
  return [1, ...inParts(number - 1, partitions)];
}

/** Whole numbers that differ by 1 at most. */
function inParts(number: number, parts: number): number[] {
  const least = Math.floor(number / parts);
  return Array.from({ length: parts }, (_, at) => least + (at < number % parts ? 1 : 0));
}
