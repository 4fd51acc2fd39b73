import { asError } from '@redpost/core';
import {
  clearInterval,
  newConsumerName,
  Rerun,
  setInterval,
  within,
} from '@redpost/core/consuming';
import type { GroupContext } from '../group/group-context.js';
import type { GroupPartition } from '../group/group-partitions.js';
import { enter } from '../scripts/enter.js';
import { shorten } from '../scripts/shorten.js';

/** How long one round waits for the partitions that it tries to open, in ms. */
const longestTryMs = 1000;

export interface AssignmentOptions {
  leaseMs: number;
  /** Asks which partitions the group works on now. */
  find(): Promise<readonly GroupPartition[]>;
  /** The numbers of the partitions that this member works on or is opening. */
  owned(): number[];
  /** Starts work on a partition. Resolves to false when another member has it. */
  open(partition: GroupPartition): Promise<boolean>;
  /** Ends work on a partition when its handlers have finished. */
  close(partition: number): Promise<void>;
  failed(error: Error): void;
}

/**
 * Distributes the partitions among the members of a group. The share of a member is the number of partitions divided by
 * the number of members; if there is a remainder, the first members by name get one more. A member with more than its
 * share leaves some partitions, and a member with fewer tries to open others. A partition moves only for this reason,
 * and only after its owner has left it or the lease of its owner has run out: see scripts/join.lua.
 *
 * In a topic without partitions, all members work on its only stream, and need not know each other.
 */
export class Assignment {
  readonly member: string;
  readonly #context: GroupContext;
  readonly #options: AssignmentOptions;
  #timer: NodeJS.Timeout | undefined;
  readonly #balancing = new Rerun(() => this.#tryBalance());
  #hasEntered = false;
  #stopped = false;

  constructor(context: GroupContext, options: AssignmentOptions) {
    this.member = newConsumerName(options.leaseMs);
    this.#context = context;
    this.#options = options;
  }

  start(): void {
    // The timer renews the lease as a member, and makes up for signals that may have been lost.
    this.#timer = setInterval(() => this.check(), this.#options.leaseMs / 3).unref();
    this.check();
  }

  /** Asks who the members are, and opens or leaves partitions accordingly. */
  check(): void {
    this.#balancing.ask();
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
  }

  /** Ends the membership, so that other members take the partitions. */
  async leave(timeoutMs: number): Promise<void> {
    this.stop();
    if (this.#hasEntered) await this.#enter(0, timeoutMs);
  }

  async #tryBalance(): Promise<void> {
    if (this.#stopped) return;
    try {
      // First, because the lease as a member has to be renewed also while it cannot be found out which partitions are open.
      const known = this.#hasEntered ? await this.#stay() : undefined;
      const partitions = await this.#options.find();
      if (this.#stopped) return;
      this.#closeOthers(partitions);
      if (partitions.every(({ isOrdered }) => isOrdered)) {
        await this.#balance(known ?? (await this.#stay()), partitions);
      } else this.#openAll(partitions);
    } catch (error) {
      // The timer tries again.
      if (!this.#stopped) this.#options.failed(asError(error));
    }
  }

  /** Renews the membership. Resolves to all members, this one included. */
  async #stay(): Promise<string[]> {
    this.#hasEntered = true;
    try {
      return await this.#enter(this.#options.leaseMs);
    } finally {
      // It has left meanwhile. If it became a member again after that, it would keep partitions from other members.
      if (this.#stopped) await this.#enter(0);
    }
  }

  async #enter(leaseMs: number, timeoutMs?: number): Promise<string[]> {
    const { topic, group, signal } = this.#context;
    const input = { members: topic.keys.members(group), member: this.member, leaseMs, signal };
    const { members, wasSetBack } = await topic.connection.run(enter, input, { timeoutMs });
    if (wasSetBack) this.#shortenLeases();
    return members;
  }

  /**
   * The clock of the server was set back, so the leases of partitions end too late, too. They are shortened now. Otherwise
   * each would be shortened only when a member tries to join its partition, and would then last a whole lease more.
   */
  #shortenLeases(): void {
    const { topic, partitions } = this.#context;
    const { leaseMs, failed } = this.#options;
    for (const { keys } of partitions.all) {
      topic.connection
        .run(shorten, { keys, leaseMs })
        .catch((error) => void (this.#stopped || failed(asError(error))));
    }
  }

  /** Leaves partitions that the group does not work on now. */
  #closeOthers(partitions: readonly GroupPartition[]): void {
    const { owned, close } = this.#options;
    const numbers = partitions.map(({ number }) => number);
    for (const number of owned()) if (!numbers.includes(number)) void close(number);
  }

  /** Not awaited, because this member may try for as long as Redis is away. */
  #openAll(partitions: readonly GroupPartition[]): void {
    const { owned, open } = this.#options;
    for (const partition of partitions) {
      if (!owned().includes(partition.number)) void open(partition);
    }
  }

  async #balance(members: readonly string[], partitions: readonly GroupPartition[]): Promise<void> {
    const { owned, open, close } = this.#options;
    const count = partitions.length;
    const rank = members.indexOf(this.member);
    const share = shareOf(rank, members.length, count);
    // Not awaited, because handlers may take long, and the lease as a member has to be renewed meanwhile.
    for (const partition of owned().slice(share)) void close(partition);

    // Members start at different places, so that they do not try the same ones.
    const first = Math.floor((rank * count) / members.length);
    const others = [...partitions.slice(first), ...partitions.slice(0, first)];
    const untried = others.filter(({ number }) => !owned().includes(number));
    while (untried.length > 0 && owned().length < share && !this.#stopped) {
      const tried = untried.splice(0, share - owned().length);
      // A partition whose server is unreachable is still tried, but the other partitions do not wait for it.
      await within(Promise.all(tried.map(open)), longestTryMs);
    }
  }
}

/** How many of `count` partitions the member at place `rank` among `members` has. */
export function shareOf(rank: number, members: number, count: number): number {
  return Math.floor(count / members) + (rank < count % members ? 1 : 0);
}
