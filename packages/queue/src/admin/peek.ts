import type { ConsumedEnd, QueueContext } from '../context.js';
import { readStored, type StoredMessage } from '../message/stored-message.js';
import { peekScript } from '../scripts/peek.js';

/** The next messages to be delivered: suspects first, then those that were returned, then those of the list. */
export async function peek<Body>(
  context: QueueContext<Body>,
  count: number,
  order: 'fifo' | 'lifo',
): Promise<StoredMessage<Body>[]> {
  const { suspects, returned, list } = context.keys;
  const next: Buffer[] = [];
  const readOn = async (key: string, from: ConsumedEnd) => {
    if (next.length < count) next.push(...(await read(context, key, from, count - next.length)));
  };
  await readOn(suspects, 'RIGHT');
  await readOn(returned, 'RIGHT');
  await readOn(list, order === 'fifo' ? 'RIGHT' : 'LEFT');
  return Promise.all(next.map((element) => readStored(context, element)));
}

/** In as many answers as it takes for none of them to be large. */
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
