import type { Connection } from '@redpost/core';
import { inTurns } from '@redpost/core/consuming';
import type { Queue, QueueStats } from '@redpost/queue';
import type { ConsumerGroup } from '@redpost/topic';
import { type Body, shownAsIs } from '../messages/body-codec.js';

/** A queue or a consumer group at one time. */
export interface Row {
  kind: 'queue' | 'group';
  /** Of a group: `topic > group`. */
  name: string;
  pending: number;
  active: number;
  delayed: number;
  dead: number;
  consumers: number;
  /** Messages per second since the sample before; undefined in the first one. */
  inRate: number | undefined;
  outRate: number | undefined;
  /** How long the next message has waited since it was sent, in ms; undefined if none waits, or it does not tell. */
  ageMs: number | undefined;
  paused: QueueStats['paused'];
}

/** What rates are made of. */
interface Counts {
  at: number;
  /** Messages that are there. */
  there: number;
  /** Messages that have left, since the beginning. */
  left: number;
}

/** How seldom the names are listed again, in samples. */
const samplesPerListing = 5;

/** Reads the numbers of all queues and groups, again and again. */
export class Sampler {
  readonly #connection: Connection;
  readonly #queues = new Map<string, Queue<Buffer, Body>>();
  readonly #groups = new Map<string, ConsumerGroup<Buffer>>();
  readonly #before = new Map<string, Counts>();
  #samples = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** @throws ConnectionError, TimeoutError and others of Redis. */
  async sample(): Promise<Row[]> {
    if (this.#samples % samplesPerListing === 0) await this.#list();
    this.#samples += 1;
    const queues = await inTurns([...this.#queues.values()], (queue) => this.#queueRow(queue));
    const groups = await inTurns([...this.#groups], ([name, group]) => this.#groupRow(name, group));
    return [...queues, ...groups];
  }

  queue(name: string): Queue<Buffer, Body> | undefined {
    return this.#queues.get(name);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
  }

  async #list(): Promise<void> {
    const { listQueues, Queue } = await import('@redpost/queue');
    const { listTopics, Topic } = await import('@redpost/topic');
    const connection = this.#connection;
    const queues = (await listQueues(connection)).map(({ name }) => name);
    for (const name of queues) {
      if (this.#queues.has(name)) continue;
      this.#queues.set(name, new Queue<Buffer, Body>(name, { connection, codec: shownAsIs }));
    }
    const topics = await inTurns(await listTopics(connection), async ({ name, partitions }) => {
      const topic = new Topic<Buffer, Body>(name, { connection, partitions, codec: shownAsIs });
      return (await topic.groups()).map(
        (group) => [`${name} > ${group}`, topic.group(group)] as const,
      );
    });
    const groups = new Map<string, ConsumerGroup<Buffer>>(topics.flat());
    for (const [name, group] of groups) if (!this.#groups.has(name)) this.#groups.set(name, group);
    for (const name of this.#groups.keys()) if (!groups.has(name)) this.#groups.delete(name);
    for (const name of this.#queues.keys()) if (!queues.includes(name)) this.#queues.delete(name);
  }

  async #queueRow(queue: Queue<Buffer, Body>): Promise<Row> {
    const stats = await queue.stats();
    const { pending, active, delayed, dead, consumers, paused, total } = stats;
    const [next] = pending > 0 ? await queue.peek(1, { maxBodyBytes: 0 }) : [];
    const left = total.acked + total.dead + total.expired + total.cancelled + total.dropped;
    const counts = { there: pending + active + delayed, left };
    return {
      kind: 'queue',
      name: queue.name,
      ...{ pending, active, delayed, dead, consumers, paused },
      ...this.#rates(queue.name, counts),
      ageMs: next?.sentAt && Math.max(0, Date.now() - next.sentAt.getTime()),
    };
  }

  async #groupRow(name: string, group: ConsumerGroup<Buffer>): Promise<Row> {
    const { lag, pending, delayed, dead, consumers, total } = await group.stats();
    const counts = { there: lag + pending, left: total.acked + total.dead };
    return {
      kind: 'group',
      name,
      pending: lag,
      active: pending - delayed,
      ...{ delayed, dead, consumers },
      ...this.#rates(name, counts),
      ageMs: undefined,
      paused: undefined,
    };
  }

  #rates(name: string, counts: Omit<Counts, 'at'>): Pick<Row, 'inRate' | 'outRate'> {
    const now = { at: performance.now(), ...counts };
    const before = this.#before.get(name);
    this.#before.set(name, now);
    if (!before) return { inRate: undefined, outRate: undefined };
    const seconds = (now.at - before.at) / 1000;
    // A purge takes away what nobody has acknowledged.
    const perSecond = (count: number) => Math.max(0, count) / seconds;
    return {
      inRate: perSecond(now.there - before.there + now.left - before.left),
      outRate: perSecond(now.left - before.left),
    };
  }
}
