/** How many names are asked about at a time. */
const atOnce = 50;

/** The results for all of them, some at a time. */
export async function inTurns<Item, Result>(
  items: readonly Item[],
  find: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < items.length; at += atOnce) {
    results.push(...(await Promise.all(items.slice(at, at + atOnce).map(find))));
  }
  return results;
}
