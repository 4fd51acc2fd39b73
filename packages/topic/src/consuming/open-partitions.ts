import { asError } from '@redpost/core';
import { within } from '@redpost/core/consuming';
import { createEverywhere } from '../group/create-group.js';
import type { GroupContext } from '../group/group-context.js';
import { areIdle } from '../group/group-idle.js';
import type { GroupPartition } from '../group/group-partitions.js';
import type { Generation } from '../partitions/generation.js';
import { restoreLost } from '../partitions/restore.js';

/** How long to wait for the answer which partitions are settled before a member goes on as before, in ms. */
const longestAskMs = 1000;

/**
 * Which partitions the members of a group work on now: those of the oldest generation of which the group has not settled all records. So
 * records of a key keep their order when the number of partitions changes. Partitions that the topic had before get no more records: what is settled there
 * stays so, until somebody seeks. Each member finds out by itself. The one that has settled the last record does first, and leaves its former partitions,
 * which the others are told by a signal.
 */
export class OpenPartitions {
  readonly #context: GroupContext;
  /** Where the group begins when it does not exist yet. */
  readonly #start: string;
  readonly #failed: (error: Error) => void;
  #isCreated = false;
  #open: Generation | undefined;

  constructor(context: GroupContext, start: string, failed: (error: Error) => void) {
    this.#context = context;
    this.#start = start;
    this.#failed = failed;
  }

  /** Asks Redis which they are. */
  async find(): Promise<readonly GroupPartition[]> {
    const { topic, partitions } = this.#context;
    await this.#learn();
    const { former } = topic.generations;
    if (former.length > 0 && topic.generations.isDeclared && !this.#isCreated) {
      await createEverywhere(this.#context, this.#start);
      this.#isCreated = true;
    }
    this.#open = await this.#findOpen();
    return partitions.in(this.#open);
  }

  /** True when the topic had other partitions before. */
  get hasFormer(): boolean {
    return this.#context.topic.generations.former.length > 0;
  }

  async #learn(): Promise<void> {
    const { generations } = this.#context.topic;
    const wasDeclared = generations.isDeclared;
    const known = generations.all;
    try {
      await generations.declared();
      if (wasDeclared && (await generations.checked()))
        await restoreLost(this.#context.topic, known);
    } catch (error) {
      // A session that is opened declares the topic, and tries again while Redis is away.
      if (!wasDeclared && generations.current.count > 0) throw error;
      if (wasDeclared) this.#failed(asError(error));
    }
  }

  /** While a server with former partitions is away, members go on with those that they work on. */
  async #findOpen(): Promise<Generation> {
    const last = this.#open;
    const isKnown = last !== undefined && this.#context.topic.generations.all.includes(last);
    if (!isKnown) return this.#oldestOpen();
    let open = last;
    const asking = this.#oldestOpen().then(
      (found) => {
        open = found;
      },
      (error) => this.#failed(asError(error)),
    );
    await within(asking, longestAskMs);
    return open;
  }

  async #oldestOpen(): Promise<Generation> {
    const { topic, partitions } = this.#context;
    for (const generation of topic.generations.former) {
      if (!(await areIdle(this.#context, partitions.in(generation)))) return generation;
    }
    return topic.generations.current;
  }
}
