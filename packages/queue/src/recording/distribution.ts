/** How many buckets a distribution has: the bounds are 1 ms, 2 ms, 4 ms, …, 2^23 ms (2.3 hours), and the last has none. */
export const bucketCount = 25;

/** The bucket of a time, in ms. */
export function bucketOf(ms: number): number {
  if (ms <= 1) return 0;
  return Math.min(bucketCount - 1, 32 - Math.clz32(Math.ceil(Math.min(ms, 2 ** 30)) - 1));
}

/** How times are distributed, in buckets of which each is twice as wide as the one before it. */
export interface Distribution {
  /** How many times were counted. */
  readonly count: number;
  /** Half of them took at most so long, in ms: the upper bound of a bucket, so up to twice as much as it really was. */
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
  /** How many are in each bucket: up to 1 ms, 2 ms, 4 ms, …, 2^23 ms, and longer. */
  readonly buckets: readonly number[];
}

export function distributionOf(buckets: readonly number[]): Distribution {
  const count = buckets.reduce((sum, each) => sum + each, 0);
  return {
    count,
    p50Ms: quantile(buckets, count, 0.5),
    p99Ms: quantile(buckets, count, 0.99),
    buckets,
  };
}

function quantile(buckets: readonly number[], count: number, share: number): number | undefined {
  let left = Math.ceil(count * share);
  if (left === 0) return undefined;
  const at = buckets.findIndex((each) => {
    left -= each;
    return left <= 0;
  });
  return at === bucketCount - 1 ? Infinity : 2 ** at;
}
