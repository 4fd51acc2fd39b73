import type { QueueContext } from './context.js';
import { readStored, type StoredMessage } from './stored-message.js';

/** The next messages to be delivered: suspects first, then those of the list. */
export async function peek<Body>(
  context: QueueContext<Body>,
  count: number,
  order: 'fifo' | 'lifo',
): Promise<StoredMessage<Body>[]> {
  const { connection, keys } = context;
  const [suspects, listed] = (await Promise.all([
    connection.call('LRANGE', [keys.suspects, -count, -1]),
    order === 'fifo'
      ? connection.call('LRANGE', [keys.list, -count, -1])
      : connection.call('LRANGE', [keys.list, 0, count - 1]),
  ])) as [Buffer[], Buffer[]];
  if (order === 'fifo') listed.reverse();
  const next = [...suspects.reverse(), ...listed].slice(0, count);
  return Promise.all(next.map((element) => readStored(context, element)));
}
