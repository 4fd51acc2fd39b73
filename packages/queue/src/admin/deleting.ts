import type { QueueContext } from '../context.js';
import { relayNow } from '../outbox/outbox.js';
import { type DestroyOptions, type DestroyResult, destroy } from '../scripts/destroy.js';
import { type PurgeOptions, type PurgeResult, purge } from '../scripts/purge.js';

/** Deletes all messages that wait in these lists of a queue, one list after the other. */
export async function purgeLists(
  lists: readonly QueueContext[],
  options: PurgeOptions,
): Promise<PurgeResult> {
  const total = { pending: 0, delayed: 0 };
  for (const list of lists) {
    if (options.signal?.aborted && list !== lists[0]) break;
    await purge(list.connection, list.keys, options, total);
    await relayNow(list);
  }
  return total;
}

/**
 * Deletes a queue, and its own list last: who looks for it finds its partitions until then. Tells what was deleted, and whether that
 * was all.
 */
export async function destroyLists(
  lists: readonly QueueContext[],
  { signal, onProgress }: DestroyOptions,
): Promise<{ deleted: DestroyResult; isThrough: boolean }> {
  const total = { pending: 0, active: 0, delayed: 0, dead: 0 };
  for (const list of [...lists].reverse()) {
    const before = total.pending;
    const { deleted, isThrough } = await destroy(list.connection, list.keys, () => relayNow(list), {
      signal,
      onProgress: ({ pending }) => onProgress?.({ pending: before + pending }),
    });
    for (const name of Object.keys(total) as (keyof DestroyResult)[]) total[name] += deleted[name];
    if (!isThrough) return { deleted: total, isThrough };
  }
  return { deleted: total, isThrough: true };
}
