import { InvalidArgumentError, type NamesOf, refuseUnknownOptions, shown } from '@redpost/core';
import type { QueueContext } from '../context.js';
import { limitShares } from '../partitions/limit-shares.js';
import type { Partitions } from '../partitions/partitions.js';
import { reshape } from '../scripts/reshape.js';
import { allConfirmed, checkedConfirmTimeout } from './confirmation.js';
import {
  allLimits,
  checkedChanges,
  fieldsOf,
  type LimitName,
  type QueueLimitChanges,
  type QueueLimits,
  wholeFields,
} from './limits.js';
import { shapeOf } from './shape.js';

/** How to declare limits. */
export interface SetLimitsOptions {
  /** How long to wait until all consumers have confirmed the limits, in ms, at least 0. Default 10 000. */
  timeoutMs?: number | undefined;
}

const optionNames: NamesOf<SetLimitsOptions> = { timeoutMs: true };

/**
 * The limits that a queue has declared: they are stored in Redis, and hold for all its consumers, in every process.
 *
 * ```ts
 * await emails.limits.set({ rate: { max: 50, perMs: 1_000 }, concurrency: 20 });
 * ```
 */
export class DeclaredLimits {
  readonly #partitions: Partitions;

  constructor(partitions: Partitions) {
    this.#partitions = partitions;
  }

  /**
   * Sets the limits that are named; the others stay as they are, and `null` removes one. When it resolves, they are in
   * force: every consumer has confirmed that it takes nothing that they do not allow. Limits that are declared already
   * change nothing, so every process may declare them when it starts.
   *
   * @throws InvalidArgumentError for a limit that cannot work: nothing is changed.
   * @throws UnconfirmedError when a consumer has not confirmed them within `timeoutMs`: they are declared, but this
   * consumer may start messages that it had taken before.
   */
  async set(limits: QueueLimitChanges, options: SetLimitsOptions = {}): Promise<void> {
    const changes = checkedChanges(limits);
    refuseUnknownOptions('limits.set()', options, optionNames);
    const timeoutMs = checkedConfirmTimeout(options.timeoutMs);
    const lists = await this.#partitions.all();
    await declareLimits(lists, limits);
    if (Object.keys(changes.set).length === 0) return;
    const confirmation = { timeoutMs, declared: 'has new limits', call: 'limits.set()' };
    await Promise.all(lists.map((list) => allConfirmed(list, confirmation)));
  }

  /** The limits that are declared. */
  async get(): Promise<QueueLimits> {
    const { connection, keys } = this.#partitions.main;
    return shapeOf((await connection.call('HGETALL', [keys.shape])) as Buffer[]).limits;
  }

  /** Removes the limits of these names, or all: consumers go on at once. Resolves to false when there were none. */
  async clear(...names: LimitName[]): Promise<boolean> {
    for (const name of names) refuseUnlessLimit(name);
    const drop = fieldsOf(names.length === 0 ? allLimits : names);
    const lists = await this.#partitions.all();
    const cleared = await Promise.all(
      lists.map(({ connection, keys }) => connection.run(reshape, { keys, drop })),
    );
    return cleared.some(({ deleted }) => deleted > 0);
  }
}

/** Declares these limits in the lists of a queue. Resolves when they are written. */
export async function declareLimits(
  lists: readonly QueueContext[],
  limits: QueueLimitChanges,
): Promise<void> {
  const shares = lists.length === 1 ? [limits] : limitShares(limits, lists.length - 1);
  const changes = shares.map(checkedChanges);
  if (lists.length > 1) Object.assign(changes[0]?.set ?? {}, wholeFields(limits));
  await Promise.all(
    lists.map(({ connection, keys }, at) =>
      connection.run(reshape, { keys, ...(changes[at] as (typeof changes)[0]) }),
    ),
  );
}

function refuseUnlessLimit(name: LimitName): void {
  if (allLimits.includes(name)) return;
  throw new InvalidArgumentError(
    `There is no limit ${shown(name)}. There are: ${allLimits.join(', ')}`,
  );
}
