import {
  bytes,
  type Connection,
  checkedConnection,
  decodeOnly,
  type NamesOf,
  refuseUnknownOptions,
  type Unlisten,
  wholeNumber,
} from '@redpost/core';
import { inTurns } from '@redpost/core/consuming';
import { listQueues, Queue } from '@redpost/queue';
import { listTopics, Topic } from '@redpost/topic';
import { Gauge, type Registry } from 'prom-client';

/** What of Redis is measured, and for which registry. */
export interface RedisMetricsOptions {
  /** What `connect()` returned. */
  connection: Connection;
  /** The registry that gets the metrics, of your `prom-client`. */
  registry: Registry;
  /** What the names of all metrics begin with. Default `redpost_`. */
  prefix?: string | undefined;
  /** The names of the queues. Default: all that `listQueues` knows. */
  queues?: readonly string[] | undefined;
  /** The names of the topics. Default: all that `listTopics` knows. */
  topics?: readonly string[] | undefined;
  /** How many queues, how many topics, and how many groups in all of them are measured at most, at least 1. Default 500. */
  maxNames?: number | undefined;
}

const optionNames: NamesOf<RedisMetricsOptions> = {
  connection: true,
  registry: true,
  prefix: true,
  queues: true,
  topics: true,
  maxNames: true,
};

/** How many queues are asked about at a time. */
const atOnce = 20;

/**
 * Measures at each scrape what lies in Redis: of queues, how many messages are pending, active, delayed and dead, the age of the
 * next one, and how many consumers there are; of groups of topics, the lag and the same numbers. One process does that for all.
 *
 * When Redis cannot be asked, the scrape goes on with `redpost_up` 0 and without these numbers; a queue or topic that cannot be
 * read is counted in `redpost_scrape_failures`. Returns what removes the metrics.
 *
 * @throws InvalidArgumentError for an option that cannot work.
 */
export function collectRedisMetrics(options: RedisMetricsOptions): Unlisten {
  checkedConnection('collectRedisMetrics()', options);
  refuseUnknownOptions('collectRedisMetrics()', options, optionNames);
  wholeNumber('maxNames', options.maxNames ?? 500, { min: 1 });
  const metrics = new RedisMetrics(options);
  return () => metrics.remove();
}

class RedisMetrics {
  readonly #options: RedisMetricsOptions;
  readonly #gauges: Record<string, Gauge>;
  readonly #names: string[] = [];
  #collecting: Promise<void> | undefined;
  /** How many groups this scrape may still measure. */
  #groupsLeft = 0;

  constructor(options: RedisMetricsOptions) {
    this.#options = options;
    const queue = ['queue'];
    const group = ['topic', 'group'];
    this.#gauges = {
      up: this.#gauge('up', 'Whether Redis could be asked at this scrape.', []),
      failures: this.#gauge(
        'scrape_failures',
        'Queues and topics that could not be read at this scrape.',
        [],
      ),
      pending: this.#gauge('queue_pending', 'Messages that wait.', queue),
      active: this.#gauge('queue_active', 'Messages that consumers hold.', queue),
      delayed: this.#gauge('queue_delayed', 'Messages that wait for a time.', queue),
      dead: this.#gauge('queue_dead', 'Dead letters.', queue),
      consumers: this.#gauge('queue_consumers', 'Consumers with a lease.', queue),
      age: this.#gauge(
        'queue_oldest_age_seconds',
        'For how long the next message has waited since it was sent; 0 when none waits.',
        queue,
      ),
      length: this.#gauge('topic_length', 'Records of a topic.', ['topic']),
      lag: this.#gauge('group_lag', 'Records that were not delivered to the group yet.', group),
      groupPending: this.#gauge('group_pending', 'Records that are not settled.', group),
      groupDead: this.#gauge('group_dead', 'Dead letters of the group.', group),
      groupConsumers: this.#gauge('group_consumers', 'Consumers with a lease.', group),
    };
  }

  remove(): void {
    for (const name of this.#names) this.#options.registry.removeSingleMetric(name);
  }

  #gauge(name: string, help: string, labelNames: string[]): Gauge {
    const { registry, prefix = 'redpost_' } = this.#options;
    this.#names.push(prefix + name);
    // All of them are asked for at the same time, and share one round of questions.
    const collect = () => this.#collected();
    return new Gauge({ name: prefix + name, help, labelNames, registers: [registry], collect });
  }

  #collected(): Promise<void> {
    this.#collecting ??= this.#collect().finally(() => {
      this.#collecting = undefined;
    });
    return this.#collecting;
  }

  async #collect(): Promise<void> {
    for (const gauge of Object.values(this.#gauges)) gauge.reset();
    try {
      const { connection, maxNames = 500 } = this.#options;
      this.#groupsLeft = maxNames;
      const queues = this.#options.queues ?? (await listQueues(connection)).map(({ name }) => name);
      const topics = await this.#topics();
      const failures =
        (await failuresOf(queues.slice(0, maxNames), (name) => this.#readQueue(name))) +
        (await failuresOf(topics.slice(0, maxNames), (topic) => this.#readTopic(topic)));
      this.#gauges.failures?.set(failures);
      this.#gauges.up?.set(1);
    } catch {
      // The scrape is told so by the number.
      for (const gauge of Object.values(this.#gauges)) gauge.reset();
      this.#gauges.up?.set(0);
    }
  }

  async #topics() {
    const { connection, topics } = this.#options;
    const listed = topics?.length === 0 ? [] : await listTopics(connection);
    if (!topics) return listed;
    return topics.map((name) => ({
      name,
      partitions: listed.find((topic) => topic.name === name)?.partitions,
    }));
  }

  async #readQueue(name: string): Promise<void> {
    const { connection } = this.#options;
    const queue = new Queue(name, { connection, codec: decodeOnly(bytes()) });
    const labels = { queue: name };
    const [stats, ageMs] = await Promise.all([queue.stats(), ageOfNext(queue)]);
    this.#gauges.pending?.set(labels, stats.pending);
    this.#gauges.active?.set(labels, stats.active);
    this.#gauges.delayed?.set(labels, stats.delayed);
    this.#gauges.dead?.set(labels, stats.dead);
    this.#gauges.consumers?.set(labels, stats.consumers);
    this.#gauges.age?.set(labels, ageMs / 1000);
  }

  async #readTopic({ name, partitions }: { name: string; partitions: number | undefined }) {
    const topic = new Topic(name, { connection: this.#options.connection, partitions });
    this.#gauges.length?.set({ topic: name }, (await topic.stats()).length);
    for (const group of await topic.groups()) {
      if (this.#groupsLeft <= 0) return;
      this.#groupsLeft -= 1;
      const { lag, pending, dead, consumers } = await topic.group(group).stats();
      const labels = { topic: name, group };
      this.#gauges.lag?.set(labels, lag);
      this.#gauges.groupPending?.set(labels, pending);
      this.#gauges.groupDead?.set(labels, dead);
      this.#gauges.groupConsumers?.set(labels, consumers);
    }
  }
}

/** How long ago the next message was sent, in ms; 0 when none waits, or when it is a bare payload. */
async function ageOfNext(queue: Pick<Queue<unknown>, 'peek'>): Promise<number> {
  const [next] = await queue.peek(1, { maxBodyBytes: 0 });
  return next?.sentAt ? Math.max(0, Date.now() - next.sentAt.getTime()) : 0;
}

/** Reads all of them, some at a time, and returns how many could not be read. */
async function failuresOf<Item>(
  items: readonly Item[],
  read: (item: Item) => Promise<void>,
): Promise<number> {
  const hasFailed = (item: Item) =>
    read(item).then(
      () => false,
      () => true,
    );
  return (await inTurns(items, hasFailed, atOnce)).filter(Boolean).length;
}
