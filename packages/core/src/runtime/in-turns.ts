/**
 * The results for all items, in their order, where only some are asked for at a time. Rejects with the first error, and then
 * asks for no more.
 */
export async function inTurns<Item, Result>(
  items: readonly Item[],
  run: (item: Item) => Promise<Result>,
  atOnce = 50,
): Promise<Result[]> {
  const results: Result[] = new Array(items.length);
  let next = 0;
  const work = async () => {
    try {
      for (let at = next++; at < items.length; at = next++) {
        results[at] = await run(items[at] as Item);
      }
    } catch (error) {
      next = items.length;
      throw error;
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work));
  return results;
}
