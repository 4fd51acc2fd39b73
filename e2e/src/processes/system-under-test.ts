import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Connection, type ConnectOptions, connect } from '@redpost/core';
import { type ConsumeOptions, Queue, type SendOptions } from '@redpost/queue';
import { Topic } from '@redpost/topic';
import { EventLog } from '../accounting/event-log.js';
import { leftOver } from '../accounting/quiescence.js';
import { type Summary, type SummaryOptions, summarize } from '../accounting/summary.js';
import { Child, type Program } from '../child.js';
import { eventually } from '../eventually.js';
import { observer } from '../network/sockets.js';
import { ProcessPool } from '../processes/process-pool.js';
import type { Server } from '../servers/server.js';
import { Standalone, type StandaloneOptions } from '../servers/standalone.js';

/** The queue or topic of a process. */
interface LineSettings {
  /** The queue's name, or the topic's. Default `shared`. */
  queue?: string;
  /** Whether it is a topic. Default: a queue. */
  topic?: boolean;
  /** How wrong the process's wall clock is, in ms. Default: not at all. */
  clockOffsetMs?: number;
  /** Options of its connection. */
  connection?: ConnectOptions;
}

export interface ConsumerSettings extends LineSettings {
  consume?: Omit<ConsumeOptions, 'backoff' | 'signal'>;
  /** Acknowledge by returning (default), or explicitly: then the confirmation is reported. */
  settle?: 'return' | 'ack';
  /** How long to handle each message, in ms. Default: the time in the message. */
  handleMs?: number;
  /** The handler blocks the event loop for every n-th message. Default: never. */
  blockEvery?: number;
  /** For how long, in ms. */
  blockMs?: number;
  /** The deadline of `stop`, in ms. Default 10 000. */
  stopTimeoutMs?: number;
}

export interface ProducerSettings extends LineSettings {
  /** How many to send. Default: until it is told to finish. */
  count?: number;
  /** How many to send at once. Default 10. */
  burst?: number;
  /** Whether those are one `sendBatch`. Default: as many `send`. */
  batch?: boolean;
  /** How long to wait between bursts, in ms. Default 5. */
  everyMs?: number;
  /** How long a consumer works at each, in ms. Default 2. */
  handleMs?: number;
  /** Every n-th message is sent with a delay. Default: none. */
  delayEvery?: number;
  /** That delay, in ms. Default 30. */
  delayMs?: number;
  /** Every n-th message makes its handler throw once. Default: none. */
  failEvery?: number;
  /** Every n-th message without a delay has a key. Default: none. */
  keyEvery?: number;
  /** How many keys these share. */
  keys?: number;
  /** Every n-th message without a delay and a key has a priority. Default: none. */
  priorityEvery?: number;
  /** Every message is sent once until it is done, with one of so many keys, which all producers have. Default: none. */
  onceKeys?: number;
  /**
   * It reads how the queue is divided after each time from the least to the most of these, in ms, and reports it. Default: as a queue
   * does, within half a minute.
   */
  learnEveryMs?: readonly [least: number, most: number];
  /** It changes the number of partitions of the topic, after each time from the least to the most of these, in ms. Default: never. */
  changeEveryMs?: readonly [least: number, most: number];
  /** The number of a message that kills its consumer. Default: none. */
  poisonAt?: number;
  /** How many bytes to add to the body. Default: none. */
  padding?: number;
  sendTimeoutMs?: number;
  /** How many replicas a send waits for. Default 0. */
  replicas?: number;
  /** For each send. */
  sendOptions?: SendOptions;
}

/** A private Redis, the processes that use it, and the log of what they report. */
export class SystemUnderTest<Redis extends Server = Standalone> implements AsyncDisposable {
  readonly log = new EventLog();
  readonly server: Redis;
  readonly connection: Connection;
  readonly queue: Queue<{ key: string }>;
  readonly #reports: string;
  readonly #children: Child[] = [];
  readonly #pools: ProcessPool[] = [];
  /** The queues and topics of the processes, by name. */
  readonly #lines = new Map<string, Queue<{ key: string }> | Topic<{ key: string }>>();

  private constructor(server: Redis, reports: string) {
    this.server = server;
    this.#reports = reports;
    this.connection = connect(server.observed, { name: observer });
    this.connection.on('error', () => {
      // Errors of the observer are not a part of the test.
    });
    this.queue = this.#line({}) as Queue<{ key: string }>;
  }

  /** The topic of processes with `topic: true` and `queue: 'topic'`. */
  get topic(): Topic<{ key: string }> {
    return this.#line({ topic: true, queue: 'topic' }) as Topic<{ key: string }>;
  }

  static async start(options: StandaloneOptions = {}): Promise<SystemUnderTest> {
    return SystemUnderTest.on(await Standalone.start(options));
  }

  /** On servers that were started for it: they end with the system. */
  static async on<Redis extends Server>(server: Redis): Promise<SystemUnderTest<Redis>> {
    return new SystemUnderTest(server, await mkdtemp(join(tmpdir(), 'redpost-e2e-reports-')));
  }

  consumer(settings: ConsumerSettings = {}): Child {
    return this.#spawn('consumer', { settle: 'return', stopTimeoutMs: 10_000, ...settings });
  }

  producer(settings: ProducerSettings = {}): Child {
    const defaults = { count: 1_000_000_000, burst: 10, everyMs: 5, handleMs: 2, delayMs: 30 };
    return this.#spawn('producer', { ...defaults, ...settings });
  }

  /** Consumers that are replaced when they die. */
  consumers(size: number, settings: ConsumerSettings = {}): ProcessPool {
    return this.#startOne(size, () => this.consumer(settings));
  }

  /** Producers that are replaced when they die. */
  producers(size: number, settings: ProducerSettings = {}): ProcessPool {
    return this.#startOne(size, () => this.producer(settings));
  }

  /** Resolves when this many more messages were handled, so that the work is known to continue. */
  async progress(count: number): Promise<void> {
    const before = this.log.count('handled');
    await eventually(() => this.log.count('handled') >= before + count, {
      describe: () => `${this.log.count('handled') - before} of ${count} more were handled`,
    });
  }

  /** SIGKILL. */
  async kill(child: Child): Promise<void> {
    await this.log.during('SIGKILL', child.name, () => child.kill());
  }

  /** SIGSTOP, then SIGCONT when `until` has resolved. */
  async freeze(child: Child, until: () => Promise<unknown>): Promise<void> {
    try {
      // The incident ends before the process continues, so that later reports are of a time after it.
      await this.log.during('SIGSTOP', child.name, async () => {
        await child.freeze();
        await until();
      });
    } finally {
      child.thaw();
    }
  }

  /**
   * Resolves when no message is waiting, delayed or held.
   *
   * @param queue which one. Default: all there are.
   */
  async quiet({ queue, withinMs = 25_000 }: { queue?: string; withinMs?: number } = {}) {
    let left = '';
    const probe = async () => {
      const chosen = [...this.#lines.values()].filter(({ name }) => (queue ?? name) === name);
      const lines = chosen.map((line) => leftOver(this.connection, line));
      // Redis may not be reachable again yet.
      const found = await Promise.all(lines).catch((error) => [String(error)]);
      left = found.filter(Boolean).join(', ');
      return left === '';
    };
    await eventually(probe, { withinMs, describe: () => `all is quiet; there is ${left}` });
  }

  /** The outcomes of the messages. Dead letters do not count as lost. */
  async summary(options: Omit<SummaryOptions, 'dead'> = {}): Promise<Summary> {
    return summarize(this.log, { ...options, dead: await this.deadLetters() });
  }

  /** The keys of all dead letters. */
  async deadLetters(): Promise<string[]> {
    const lists = [...this.#lines.values()].map(async (line) => {
      const { deadLetters } = line instanceof Topic ? line.group('consumers') : line;
      const letters = await deadLetters.list({ limit: 1000 });
      return letters.map(({ body }) => body?.key ?? '');
    });
    return (await Promise.all(lists)).flat();
  }

  /** How many acknowledgements Redis has counted. */
  async acknowledged(): Promise<number> {
    const stats = [...this.#lines.values()].map((line) =>
      line instanceof Topic ? line.group('consumers').stats() : line.stats(),
    );
    return (await Promise.all(stats)).reduce((sum, { total }) => sum + total.acked, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pool of this.#pools) pool.stopReplacing();
    await Promise.all(this.#children.map((child) => child.dispose()));
    await this.connection.close();
    await this.server[Symbol.asyncDispose]();
    await rm(this.#reports, { recursive: true, force: true });
  }

  #startOne(size: number, start: () => Child): ProcessPool {
    const pool = new ProcessPool(size, start);
    this.#pools.push(pool);
    return pool;
  }

  #spawn(program: Program, settings: LineSettings): Child {
    const { name: queue } = this.#line(settings);
    const name = `${program}${this.#children.length + 1}`;
    const options = { ...settings, name, target: this.server.target, queue };
    const child = new Child(program, this.#reports, options, (entry) => this.log.add(entry));
    this.#children.push(child);
    return child;
  }

  #line({ queue = 'shared', topic = false }: LineSettings) {
    const known = this.#lines.get(queue);
    if (known) return known;
    const { connection } = this;
    const line = topic
      ? new Topic<{ key: string }>(queue, { connection })
      : new Queue<{ key: string }>(queue, { connection });
    this.#lines.set(queue, line);
    return line;
  }
}
