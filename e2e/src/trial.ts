import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Connection, connect } from '@redpost/core';
import { type EmbeddedRedis, type Persistence, startRedis } from '@redpost/core/embedded';
import { type ConsumeOptions, Queue } from '@redpost/queue';
import { type Account, type AccountOptions, account } from './account.js';
import { Child, isFrozen, type Program } from './child.js';
import { Crew } from './crew.js';
import { eventually } from './eventually.js';
import { Ledger } from './ledger.js';
import { leftOver } from './quiescence.js';
import { observer } from './sockets.js';

export interface ConsumerSettings {
  consume?: Omit<ConsumeOptions, 'backoff' | 'signal'>;
  /** Acknowledge by returning (default), or explicitly: then the confirmation is reported. */
  settle?: 'return' | 'ack';
  /** The key of a message that kills the process. */
  poison?: string;
  /** How long to work at each message, in ms. Default: as the message says. */
  handleMs?: number;
  /** The deadline of `stop`, in ms. Default 10 000. */
  stopTimeoutMs?: number;
}

export interface ProducerSettings {
  /** How many to send. Default: until it is told to finish. */
  count?: number;
  /** How many to send at once. Default 10. */
  burst?: number;
  /** How long to wait between bursts, in ms. Default 5. */
  everyMs?: number;
  /** How long a consumer works at each, in ms. Default 2. */
  handleMs?: number;
  /** Every so many are sent with a delay. Default: none. */
  delayEvery?: number;
  /** Every so many make their handler throw once. Default: none. */
  failEvery?: number;
  sendTimeoutMs?: number;
}

/** One experiment: a private Redis, one queue, the processes that use it, and their ledger. */
export class Trial implements AsyncDisposable {
  readonly ledger = new Ledger();
  readonly connection: Connection;
  readonly queue: Queue<{ key: string }>;
  readonly #server: { dir: string; persistence: Persistence };
  readonly #children: Child[] = [];
  #redis: EmbeddedRedis;

  private constructor(redis: EmbeddedRedis, server: { dir: string; persistence: Persistence }) {
    this.#redis = redis;
    this.#server = server;
    this.connection = connect(redis.url, { name: observer });
    this.connection.on('error', () => {
      // What happens to the observer is no part of the experiment.
    });
    this.queue = new Queue('trial', { connection: this.connection });
  }

  /** Where the server is. */
  get url(): string {
    return this.#redis.url;
  }

  static async start({ persistence = 'none' }: { persistence?: Persistence } = {}): Promise<Trial> {
    const server = { dir: await mkdtemp(join(tmpdir(), 'redpost-e2e-')), persistence };
    return new Trial(await startRedis(server), server);
  }

  consumer(settings: ConsumerSettings = {}): Child {
    return this.#spawn('consumer', { settle: 'return', stopTimeoutMs: 10_000, ...settings });
  }

  /** Consumers that are replaced when they die. */
  crew(size: number, settings: ConsumerSettings = {}): Crew {
    return new Crew(size, () => this.consumer(settings));
  }

  producer(settings: ProducerSettings = {}): Child {
    const defaults = { count: 1_000_000, burst: 10, everyMs: 5, handleMs: 2 };
    return this.#spawn('producer', { ...defaults, ...settings });
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
    await this.ledger.during('SIGSTOP', child.name, async () => {
      await child.freeze();
      await until();
      child.thaw();
    });
  }

  /** Freezes the server until `until` has resolved. */
  async freezeRedis(until: () => Promise<unknown>): Promise<void> {
    const { pid } = this.#redis;
    await this.ledger.during('Redis SIGSTOP', undefined, async () => {
      process.kill(pid, 'SIGSTOP');
      await eventually(() => isFrozen(pid));
      await until();
      process.kill(pid, 'SIGCONT');
    });
  }

  /** Kills the server, and starts another one in its place with the same data. */
  async crashRedis(): Promise<void> {
    const { port } = this.#redis;
    await this.ledger.during('Redis SIGKILL', undefined, async () => {
      await this.#redis.kill();
      this.#redis = await startRedis({ ...this.#server, port });
    });
  }

  /** Stops the server for good. */
  stopRedis(): Promise<void> {
    return this.#redis.stop();
  }

  /** Resolves when the queue has nothing to do and holds nothing for anybody. */
  async quiet({ withinMs = 25_000 } = {}): Promise<void> {
    let left: string | undefined;
    const probe = async () => {
      left = await leftOver(this.connection, this.queue as Queue);
      return left === undefined;
    };
    await eventually(probe, { withinMs, describe: () => `the queue is quiet; there is ${left}` });
  }

  /** What became of the messages; those that are dead letters are not lost. */
  async account(options: Omit<AccountOptions, 'dead'> = {}): Promise<Account> {
    const letters = await this.queue.deadLetters.list({ limit: 1000 });
    const dead = letters.map(({ body }) => body?.key ?? '');
    return account(this.ledger, { ...options, dead });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) await child.dispose();
    await this.connection.close();
    await this.#redis.stop();
    await rm(this.#server.dir, { recursive: true, force: true });
  }

  #spawn(program: Program, settings: object): Child {
    const name = `${program}${this.#children.length + 1}`;
    const { url } = this.#redis;
    const options = { ...settings, name, url, queue: this.queue.name };
    const child = new Child(program, options, (entry) => this.ledger.add(entry));
    this.#children.push(child);
    return child;
  }
}
