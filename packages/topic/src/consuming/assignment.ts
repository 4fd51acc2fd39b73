import { asError } from '@redpost/core';
import {
  clearInterval,
  newConsumerName,
  Rerun,
  setInterval,
  within,
} from '@redpost/core/consuming';
import type { GroupContext } from '../group/group-context.js';
import { enter } from '../scripts/enter.js';
import { shorten } from '../scripts/shorten.js';

/** How long a look at the partitions waits for those it tries to open, in ms. */
const longestTryMs = 1000;

export interface AssignmentOptions {
  leaseMs: number;
  /** The partitions this member works on, or tries to. */
  owned(): number[];
  /** Starts work on a partition. Resolves to false when another member has it. */
  open(partition: number): Promise<boolean>;
  /** Ends work on a partition, when its handlers are through. */
  close(partition: number): Promise<void>;
  failed(error: Error): void;
}

/**
 * Spreads the partitions over the members of a group. Each member works on its share: as many as
 * there are for each, and those that come first by name take one of the rest. Who has more gives
 * some up, who has fewer tries those it does not have. A partition moves only for that, and never
 * before it was given up, or its owner's lease has run out: see scripts/join.lua.
 */
export class Assignment {
  readonly member: string;
  readonly #context: GroupContext;
  readonly #options: AssignmentOptions;
  #timer: NodeJS.Timeout | undefined;
  readonly #balancing = new Rerun(() => this.#tryBalance());
  #stopped = false;

  constructor(context: GroupContext, options: AssignmentOptions) {
    this.member = newConsumerName(options.leaseMs);
    this.#context = context;
    this.#options = options;
  }

  start(): void {
    // Each look makes up for signals that may have been lost, and renews the lease as a member.
    this.#timer = setInterval(() => this.check(), this.#options.leaseMs / 3).unref();
    this.check();
  }

  /** Looks at who the members are, and what this one's share is. */
  check(): void {
    this.#balancing.ask();
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
  }

  /** Is no member any more, so that the others take the rest. */
  async leave(timeoutMs: number): Promise<void> {
    this.stop();
    await this.#enter(0, timeoutMs);
  }

  async #tryBalance(): Promise<void> {
    if (this.#stopped) return;
    try {
      await this.#balance(await this.#stay());
    } catch (error) {
      // The next look comes with the timer.
      if (!this.#stopped) this.#options.failed(asError(error));
    }
  }

  /** Resolves to the members, of which this is one. */
  async #stay(): Promise<string[]> {
    try {
      return await this.#enter(this.#options.leaseMs);
    } finally {
      // Left meanwhile: becoming a member after that would keep partitions from the others.
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
   * The server's clock has gone back, so leases of partitions end too late as well. They are shortened now:
   * only when this member gets a partition, it would be a whole lease later.
   */
  #shortenLeases(): void {
    const { topic, partitions } = this.#context;
    const { leaseMs, failed } = this.#options;
    for (const keys of partitions) {
      topic.connection
        .run(shorten, { keys, leaseMs })
        .catch((error) => void (this.#stopped || failed(asError(error))));
    }
  }

  async #balance(members: readonly string[]): Promise<void> {
    const { owned, open, close } = this.#options;
    const count = this.#context.partitions.length;
    const rank = members.indexOf(this.member);
    const share = shareOf(rank, members.length, count);
    // Not awaited: handlers may take their time, and the lease must not run out meanwhile.
    for (const partition of owned().slice(share)) void close(partition);

    // Members start at different places, so that they do not try the same ones.
    const first = Math.floor((rank * count) / members.length);
    const others = Array.from({ length: count }, (_, step) => (first + step) % count);
    const untried = others.filter((partition) => !owned().includes(partition));
    while (untried.length > 0 && owned().length < share && !this.#stopped) {
      const tried = untried.splice(0, share - owned().length);
      // One whose server is away goes on trying, and keeps nobody from the others.
      await within(Promise.all(tried.map(open)), longestTryMs);
    }
  }
}

/** How many of `count` partitions the member has who comes at `rank` among `members`. */
export function shareOf(rank: number, members: number, count: number): number {
  return Math.floor(count / members) + (rank < count % members ? 1 : 0);
}
