import { checkedName, connectionOf } from '@redpost/core';
import type { QueueContext } from '../../context.js';
import { type QueueKeys, queueKeys } from '../../keys.js';
import { withOrigin } from '../../message/envelope.js';
import { togetherIn } from '../../message/together.js';
import { beforeSends } from '../../outbox/follow-up.js';
import { Partitions } from '../../partitions/partitions.js';
import { queueOwner } from '../../queue-owner.js';
import { acceptRedriven } from '../../scripts/accept-redriven.js';
import { entryOf } from './dead-entry.js';
import type { DeadList } from './dead-list.js';

/** A dead letter that is sent again. */
export interface LeavingLetter {
  /** In the stream of its list. */
  id: string;
  element: Buffer;
}

/** Another queue of the same Redis, to which dead letters are sent. */
export class RedriveTarget {
  readonly #partitions: Partitions;
  /** Resolves when it is divided as it is going to be. */
  readonly #ready: () => Promise<void> | undefined;

  /**
   * @param to the queue or its name. Undefined for the same queue, as its own name.
   * @param source where the dead letters are.
   * @throws InvalidArgumentError for a name that cannot be a queue's.
   */
  static of(
    to: string | { readonly name: string } | undefined,
    source: Partitions,
  ): RedriveTarget | undefined {
    const name = typeof to === 'object' && to !== null ? to.name : to;
    if (name === undefined || name === source.name) return undefined;
    const keys = queueKeys(checkedName('The name in `to`', name));
    return new RedriveTarget(name, keys, source.main, () => beforeSends(to));
  }

  private constructor(
    name: string,
    ownKeys: QueueKeys,
    source: QueueContext,
    ready: () => Promise<void> | undefined,
  ) {
    const contextOf = (keys: QueueKeys) => {
      const connection = connectionOf(queueOwner(name, keys), source.connection);
      return { ...source, name, keys, connection };
    };
    this.#partitions = new Partitions(contextOf(ownKeys), contextOf);
    this.#ready = ready;
  }

  /**
   * Puts dead letters where sends of these messages would put them, each once. One that a send may put anywhere goes by its entry, so
   * that it goes to the same list again if it has to be sent once more.
   */
  async accept(
    source: Pick<DeadList, 'at' | 'keys' | 'name'>,
    letters: readonly LeavingLetter[],
  ): Promise<void> {
    await this.#ready();
    const byList = new Map<QueueContext, { entry: string; element: Buffer }[]>();
    for (const { id, element } of letters) {
      const together = togetherIn(element) ?? entryOf({ at: source.at, id });
      const list = await this.#partitions.listOf(together);
      const accepted = byList.get(list) ?? [];
      byList.set(list, accepted);
      accepted.push({ entry: id, element: withOrigin(element, source.name) });
    }
    await Promise.all(
      [...byList].map(([{ connection, keys }, accepted]) =>
        connection.run(acceptRedriven, { keys, source: source.keys.list, letters: accepted }),
      ),
    );
  }
}
