import type { ConsumedEnd, QueueContext } from '../context.js';
import { defaultPriority } from '../message/envelope.js';
import { readStored, type StoredMessage } from '../message/stored-message.js';
import { peekScript } from '../scripts/peek.js';

/**
 * The next messages to be delivered, the highest priority first: of each its suspects, then those that were returned,
 * then the next one of each key, then those of the list.
 */
export async function peek<Body>(
  context: QueueContext<Body>,
  count: number,
  order: 'fifo' | 'lifo',
): Promise<StoredMessage<Body>[]> {
  const { suspects, returned, list, levels, shape } = context.keys;
  const declared = await context.connection.call('HMGET', [shape, 'levels', 'keys']);
  const [hasLevels, hasKeys] = declared as (Buffer | null)[];
  const next: Buffer[] = [];
  const readOn = async (key: string, from: ConsumedEnd, most = count) => {
    const wanted = Math.min(most, count - next.length);
    if (wanted > 0) next.push(...(await read(context, key, from, wanted)));
  };
  const [highest, lowest] = hasLevels ? [9, 0] : [defaultPriority, defaultPriority];
  for (let level = highest; level >= lowest; level -= 1) {
    if (level !== defaultPriority) {
      await readOn(`${suspects}:${level}`, 'RIGHT');
      await readOn(`${levels}${level}`, 'RIGHT');
      continue;
    }
    await readOn(suspects, 'RIGHT');
    await readOn(returned, 'RIGHT');
    if (hasKeys) {
      for (const list of await readyLists(context, count - next.length))
        await readOn(list, 'RIGHT', 1);
    }
    await readOn(list, order === 'fifo' ? 'RIGHT' : 'LEFT');
  }
  return Promise.all(next.map((element) => readStored(context, element)));
}

/** The lists of the keys that are ready, in the order in which a message of each is taken. */
async function readyLists(
  { connection, keys }: Pick<QueueContext, 'connection' | 'keys'>,
  count: number,
): Promise<string[]> {
  if (count <= 0) return [];
  const ready = (await connection.call('ZRANGE', [keys.ready, 0, count - 1])) as Buffer[];
  return ready.map((key) => `${keys.lists}${key}`);
}

/** Reads a list by several calls, so that no answer is large. */
async function read<Body>(
  { connection }: QueueContext<Body>,
  list: string,
  from: ConsumedEnd,
  count: number,
): Promise<Buffer[]> {
  const all: Buffer[] = [];
  for (;;) {
    const input = { list, from, skip: all.length, count: count - all.length };
    const { elements, isCut } = await connection.run(peekScript, input);
    all.push(...elements);
    if (!isCut || all.length >= count) return all;
  }
}
