/** How many messages one call of a script writes, and about how many bytes: Redis does nothing else meanwhile. */
const most = { count: 250, bytes: 500_000 };

/** Items in their order, by the calls that take them. */
export function* inCalls<Item>(
  items: readonly Item[],
  elementOf: (item: Item) => string | Buffer,
): Generator<Item[]> {
  let [part, bytes]: [Item[], number] = [[], 0];
  for (const item of items) {
    part.push(item);
    bytes += elementOf(item).length;
    if (part.length < most.count && bytes < most.bytes) continue;
    yield part;
    [part, bytes] = [[], 0];
  }
  if (part.length > 0) yield part;
}
