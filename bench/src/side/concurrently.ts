/** Calls `one` for each of `count` numbers from `first` on, `callers` calls at a time. */
export async function concurrently(
  { first, count }: { first: number; count: number },
  callers: number,
  one: (n: number) => unknown,
): Promise<void> {
  const end = first + count;
  let next = first;

  async function caller(): Promise<void> {
    while (next < end) {
      const n = next;
      next += 1;
      await one(n);
    }
  }

  await Promise.all(Array.from({ length: callers }, caller));
}
