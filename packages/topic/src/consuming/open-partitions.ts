import { asError } from '@redpost/core';
import { createEverywhere } from '../group/create-group.js';
import type { GroupContext } from '../group/group-context.js';
import { areIdle } from '../group/group-idle.js';
import type { GroupPartition } from '../group/group-partitions.js';
import type { Generation } from '../partitions/generation.js';
import { firstBehind } from '../partitions/generation.js';
import { beforeAll } from '../record/offset.js';

/**
 * Which partitions the members of a group work on now: those of the oldest generation of which the group has not settled all records. So
 * records of a key keep their order when the number of partitions changes. Partitions that the topic had before get no more records: what is settled there
 * stays so, until somebody seeks.
 */
export class OpenPartitions {
  readonly #context: GroupContext;
  /** Where the group begins when it does not exist yet. */
  readonly #start: string;
  readonly #failed: (error: Error) => void;
  #hasBegun = false;
  #isCreated = false;
  #open: Generation | undefined;
  /** The number of the first partition that the topic did not have yet when this member began. */
  #newFrom = Number.POSITIVE_INFINITY;
  #mayBeSettled = false;

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
    const mayTell = this.#mayBeSettled;
    this.#mayBeSettled = false;
    const open = await this.#oldestOpen();
    const hasMoved = this.#open !== undefined && open.first > this.#open.first;
    this.#open = open;
    // Each member finds out by itself, but only who has settled the last record knows when.
    if (hasMoved && mayTell) await this.#tellOthers();
    return partitions.in(open);
  }

  /** True when the topic had other partitions before. */
  get hasFormer(): boolean {
    return this.#context.topic.generations.former.length > 0;
  }

  /** Where the group begins in this partition when it does not exist there. */
  startIn({ number }: GroupPartition): string {
    return number >= this.#newFrom ? beforeAll : this.#start;
  }

  /** This member has settled all that it has of a partition that gets no more records. */
  settled(): void {
    this.#mayBeSettled = true;
  }

  async #learn(): Promise<void> {
    const { generations } = this.#context.topic;
    const wasDeclared = generations.isDeclared;
    try {
      await generations.declared();
      if (wasDeclared) await generations.checked();
    } catch (error) {
      // A session that is opened declares the topic, and tries again while Redis is away.
      if (!wasDeclared && generations.current.count > 0) throw error;
      if (wasDeclared) this.#failed(asError(error));
      return;
    }
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#newFrom = firstBehind(generations.current);
  }

  async #oldestOpen(): Promise<Generation> {
    const { topic, partitions } = this.#context;
    for (const generation of topic.generations.former) {
      if (!(await areIdle(this.#context, partitions.in(generation)))) return generation;
    }
    return topic.generations.current;
  }

  async #tellOthers(): Promise<void> {
    const { topic, signal } = this.#context;
    await topic.connection.call('PUBLISH', [signal, 'partitions']);
  }
}
