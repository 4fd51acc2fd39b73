import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Connection, type ConnectOptions, connect } from '@redpost/core';
import { type ConsumeOptions, Queue, type SendOptions } from '@redpost/queue';
import { Topic } from '@redpost/topic';
import { type Account, type AccountOptions, account } from '../accounting/account.js';
import { Ledger } from '../accounting/ledger.js';
import { leftOver } from '../accounting/quiescence.js';
import { Child, type Program } from '../child.js';
import { eventually } from '../eventually.js';
import { observer } from '../network/sockets.js';
import { Crew } from '../processes/crew.js';
import type { Server } from '../servers/server.js';
import { Standalone, type StandaloneOptions } from '../servers/standalone.js';

/** Which of the trial's lines a process works at. */
interface LineSettings {
  /** The queue's name, or the topic's. Default `trial`. */
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
  /** How long to work at each message, in ms. Default: as the message says. */
  handleMs?: number;
  /** Every so many messages the handler blocks the event loop. Default: never. */
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
  /** Every so many are sent with a delay. Default: none. */
  delayEvery?: number;
  /** That delay, in ms. Default 30. */
  delayMs?: number;
  /** Every so many make their handler throw once. Default: none. */
  failEvery?: number;
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

/** One experiment: a private Redis, the processes that use it, and their ledger. */
export class Trial<Redis extends Server = Standalone> implements AsyncDisposable {
  readonly ledger = new Ledger();
  readonly server: Redis;
  readonly connection: Connection;
  readonly queue: Queue<{ key: string }>;
  readonly #reports: string;
  readonly #children: Child[] = [];
  readonly #crews: Crew[] = [];
  /** What the processes work at, by name. */
  readonly #lines = new Map<string, Queue<{ key: string }> | Topic<{ key: string }>>();

  private constructor(server: Redis, reports: string) {
    this.server = server;
    this.#reports = reports;
    this.connection = connect(server.observed, { name: observer });
    this.connection.on('error', () => {
      // What happens to the observer is no part of the experiment.
    });
    this.queue = this.#line({}) as Queue<{ key: string }>;
  }

  static async start(options: StandaloneOptions = {}): Promise<Trial> {
    return Trial.on(await Standalone.start(options));
  }

  /** On servers that were started for it: they end with the trial. */
  static async on<Redis extends Server>(server: Redis): Promise<Trial<Redis>> {
    return new Trial(server, await mkdtemp(join(tmpdir(), 'redpost-e2e-reports-')));
  }

  consumer(settings: ConsumerSettings = {}): Child {
    return this.#spawn('consumer', { settle: 'return', stopTimeoutMs: 10_000, ...settings });
  }

  producer(settings: ProducerSettings = {}): Child {
    const defaults = { count: 1_000_000_000, burst: 10, everyMs: 5, handleMs: 2, delayMs: 30 };
    return this.#spawn('producer', { ...defaults, ...settings });
  }

  /** Consumers that are replaced when they die. */
  crew(size: number, settings: ConsumerSettings = {}): Crew {
    return this.#hire(size, () => this.consumer(settings));
  }

  /** Producers that are replaced when they die. */
  producers(size: number, settings: ProducerSettings = {}): Crew {
    return this.#hire(size, () => this.producer(settings));
  }

  /** Resolves when so many more messages were handled, i.e. when the work goes on. */
  async progress(count: number): Promise<void> {
    const before = this.ledger.count('handled');
    await eventually(() => this.ledger.count('handled') >= before + count, {
      describe: () => `${this.ledger.count('handled') - before} of ${count} more were handled`,
    });
  }

  /** SIGKILL. */
  async kill(child: Child): Promise<void> {
    await this.ledger.during('SIGKILL', child.name, () => child.kill());
  }

  /** SIGSTOP, then SIGCONT when `until` has resolved. */
  async freeze(child: Child, until: () => Promise<unknown>): Promise<void> {
    try {
      // It ends before the process goes on: whatever it reports then is of a time after it.
      await this.ledger.during('SIGSTOP', child.name, async () => {
        await child.freeze();
        await until();
      });
    } finally {
      child.thaw();
    }
  }

  /**
   * Resolves when nothing has anything to do, or is held by anybody.
   *
   * @param queue which one. Default: all there are.
   */
  async quiet({ queue, withinMs = 25_000 }: { queue?: string; withinMs?: number } = {}) {
    let left = '';
    const probe = async () => {
      const chosen = [...this.#lines.values()].filter(({ name }) => (queue ?? name) === name);
      const lines = chosen.map((line) => leftOver(this.connection, line));
      // Redis may still be on its way back.
      const found = await Promise.all(lines).catch((error) => [String(error)]);
      left = found.filter(Boolean).join(', ');
      return left === '';
    };
    await eventually(probe, { withinMs, describe: () => `all is quiet; there is ${left}` });
  }

  /** What became of the messages; those that are dead letters are not lost. */
  async account(options: Omit<AccountOptions, 'dead'> = {}): Promise<Account> {
    return account(this.ledger, { ...options, dead: await this.deadLetters() });
  }

  /** The keys of all dead letters. */
  async deadLetters(): Promise<string[]> {
    const lists = [...this.#lines.values()].map(async (line) => {
      const { deadLetters } = line instanceof Topic ? line.group('crew') : line;
      const letters = await deadLetters.list({ limit: 1000 });
      return letters.map(({ body }) => body?.key ?? '');
    });
    return (await Promise.all(lists)).flat();
  }

  /** How many acknowledgements Redis has counted. */
  async acknowledged(): Promise<number> {
    const stats = [...this.#lines.values()].map((line) =>
      line instanceof Topic ? line.group('crew').stats() : line.stats(),
    );
    return (await Promise.all(stats)).reduce((sum, { total }) => sum + total.acked, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const crew of this.#crews) crew.disband();
    await Promise.all(this.#children.map((child) => child.dispose()));
    await this.connection.close();
    await this.server[Symbol.asyncDispose]();
    await rm(this.#reports, { recursive: true, force: true });
  }

  #hire(size: number, start: () => Child): Crew {
    const crew = new Crew(size, start);
    this.#crews.push(crew);
    return crew;
  }

  #spawn(program: Program, settings: LineSettings): Child {
    const { name: queue } = this.#line(settings);
    const name = `${program}${this.#children.length + 1}`;
    const options = { ...settings, name, target: this.server.target, queue };
    const child = new Child(program, this.#reports, options, (entry) => this.ledger.add(entry));
    this.#children.push(child);
    return child;
  }

  #line({ queue = 'trial', topic = false }: LineSettings) {
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
