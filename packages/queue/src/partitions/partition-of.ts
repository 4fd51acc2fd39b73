import { createHash } from 'node:crypto';

/** A prime number. */
const modulus = 2_147_483_647;

/**
 * The partition of what belongs together, by jump consistent hashing: where one partition is added to `n`, one of `n + 1` keys goes to
 * it, and all others stay. In numbers that Lua has, too: see `scripts/parts/partition.lua`, which has to agree.
 *
 * @param key usually that of a message.
 */
export function partitionOf(key: string, partitions: number): number {
  if (partitions === 1) return 0;
  let random = (createHash('sha1').update(key).digest().readUInt32BE(0) % (modulus - 1)) + 1;
  let partition = 0;
  for (let next = 0; next < partitions; ) {
    partition = next;
    random = (random * 16_807) % modulus;
    next = Math.floor(((partition + 1) * modulus) / random);
  }
  return partition;
}
