import { inTurns, performance } from '@redpost/core/consuming';
import type { Topic } from '@redpost/topic';
import { type Attention, urgency } from './attention.js';
import { isAway } from './is-away.js';
import type { TopicPool } from './topic-pool.js';

/** The numbers of one group. */
export interface GroupNumbers {
  group: string;
  lag: number;
  pending: number;
  delayed: number;
  dead: number;
  consumers: number;
}

/** What was seen of a topic: sums of its groups, but the lag of the one that is furthest behind. */
export interface TopicSample {
  name: string;
  length: number;
  cut: number;
  groups: number;
  lag: number;
  dead: number;
  consumers: number;
  attention: Attention[];
}

/** What was seen is used for so many times as long as the look took. */
const restFactor = 4;

/** Looks at all topics. However many ask, Redis is asked once, and never for more than a fifth of the time. */
export class TopicSampler {
  readonly #pool: TopicPool;
  #looking: Promise<TopicSample[]> | undefined;
  #freshUntil = 0;

  constructor(pool: TopicPool) {
    this.#pool = pool;
  }

  /** All topics, those first that need somebody, and of these the ones that are furthest behind. @throws what Redis answers. */
  samples(): Promise<readonly TopicSample[]> {
    if (!this.#looking || performance.now() > this.#freshUntil) {
      this.#freshUntil = Number.POSITIVE_INFINITY;
      this.#looking = this.#look();
    }
    return this.#looking;
  }

  async #look(): Promise<TopicSample[]> {
    const startedAt = performance.now();
    try {
      const all = await inTurns(await this.#pool.list(), sampleOf, 10);
      this.#freshUntil = performance.now() + restFactor * (performance.now() - startedAt);
      return all.sort(
        (a, b) =>
          urgency(a.attention) - urgency(b.attention) ||
          b.lag - a.lag ||
          (a.name < b.name ? -1 : 1),
      );
    } catch (error) {
      this.#freshUntil = 0;
      throw error;
    }
  }
}

export async function groupsOf(topic: Topic<Buffer>): Promise<GroupNumbers[]> {
  const read = async (group: string) => {
    const { lag, pending, delayed, dead, consumers } = await topic.group(group).stats();
    return { group, lag, pending, delayed, dead, consumers };
  };
  return inTurns(await topic.groups(), read, 5);
}

async function sampleOf(topic: Topic<Buffer>): Promise<TopicSample> {
  const { name } = topic;
  try {
    const [stats, groups] = await Promise.all([topic.stats(), groupsOf(topic)]);
    const sum = (read: (group: GroupNumbers) => number) =>
      groups.reduce((total, group) => total + read(group), 0);
    const dead = sum((group) => group.dead);
    const attention: Attention[] = [];
    if (groups.some(({ lag, consumers }) => lag > 0 && consumers === 0)) {
      attention.push('no-consumer');
    }
    if (dead > 0) attention.push('dead');
    const lag = Math.max(0, ...groups.map((group) => group.lag));
    const consumers = sum((group) => group.consumers);
    return { ...stats, name, groups: groups.length, lag, dead, consumers, attention };
  } catch (error) {
    if (isAway(error)) throw error;
    const none = { length: 0, cut: 0, groups: 0, lag: 0, dead: 0, consumers: 0 };
    return { name, ...none, attention: ['unreadable'] };
  }
}
