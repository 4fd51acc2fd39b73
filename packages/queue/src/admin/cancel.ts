import { InvalidArgumentError, refuseUnknownOptions, shown } from '@redpost/core';
import { shortened } from '@redpost/core/consuming';
import { relayNow } from '../outbox/outbox.js';
import type { Partitions } from '../partitions/partitions.js';
import { cancelHeld, cancelWaiting } from '../scripts/cancel.js';
import { checkId, type SearchOptions, searchLists, searchOptionNames } from './search.js';

/**
 * What became of a message by `cancel()`.
 *
 * - `removed`: it was waiting, and is deleted.
 * - `signalled`: a consumer had it. It is that consumer's no longer, and the signal of its delivery is aborted.
 * - `gone`: there is no such message, or it was settled before.
 */
export type CancelResult = 'removed' | 'signalled' | 'gone';

/** Cancels a message wherever it is. */
export async function cancel(
  partitions: Partitions,
  id: string,
  reason: string,
  order: 'fifo' | 'lifo',
  options: SearchOptions,
): Promise<CancelResult> {
  refuseUnknownOptions('cancel()', options, searchOptionNames);
  checkId(id);
  if (typeof reason !== 'string') {
    throw new InvalidArgumentError(`A reason is a text, got ${shown(reason)}`);
  }
  const scripts = { waiting: cancelWaiting, held: cancelHeld };
  const input = { reason: shortened(reason) };
  const cancelled = await searchLists(partitions, scripts, { id, input, order, options });
  // It may have been a member of a flow.
  if (cancelled) await relayNow(cancelled.list);
  return cancelled?.found ?? 'gone';
}
