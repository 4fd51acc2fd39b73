import { performance } from '@redpost/core/consuming';
import type { TopicContext } from '../topic-context.js';
import { partitionOf } from '../topic-keys.js';

/** Where a published record is: its offset is a place in this partition. */
export interface PublishedPlace {
  partition: number;
  offset: string;
}

/**
 * Finds records that were published with an id before the number of partitions was changed, so that an id stays known in the whole
 * window. The partitions of that time get no more records, so that what they do not know now they never will.
 */
export class FormerIds {
  readonly #context: TopicContext;
  /** How long an id may be known, in ms. */
  readonly #knownMs: number;

  constructor(context: TopicContext, windowMs: number) {
    this.#context = context;
    this.#knownMs = 2 * windowMs;
  }

  /** True while former partitions may know ids. */
  get mayKnow(): boolean {
    const { former, learnedAt } = this.#context.generations;
    return former.length > 0 && performance.now() - learnedAt < this.#knownMs;
  }

  /** Where the record is that was published with this id. */
  async find(id: string, key: string): Promise<PublishedPlace | undefined> {
    await this.#context.generations.declared();
    if (!this.mayKnow) return undefined;
    const { generations, connection } = this.#context;
    const found = await Promise.all(
      generations.former.flatMap(({ partitions }) => {
        const its = partitions[partitionOf(key || id, partitions.length)];
        if (!its) return [];
        const { number: partition, keys } = its;
        return [keys.ids, keys.formerIds].map(async (place) => {
          const offset = await connection.call('HGET', [place, id]);
          return offset === null ? undefined : { partition, offset: String(offset) };
        });
      }),
    );
    return found.find((place) => place !== undefined);
  }
}
