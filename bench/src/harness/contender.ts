import type { OpenOptions, Subject } from '../subject.js';
import type { Found, Run, Work } from '../work.js';
import { quietDisk } from './quiet-disk.js';
import type { RedisServer } from './redis-server.js';
import { RemoteSide } from './remote-side.js';
import type { Server } from './server.js';

/** A run that takes longer hangs, or waits for messages that were lost. */
const runTimeoutMs = 120_000;
const growth = { least: 2, most: 8 };
const firstMessages = 2000;

export interface Conditions {
  readonly work: Work;
  readonly redis: RedisServer;
  /** Where the subject runs: `redis`, or a NATS. */
  readonly server: Server;
  readonly quick: boolean;
  /** How long a run should take, for works that go by time. */
  readonly runMs: number;
}

/** A subject at work: its two processes, and how many messages a run of it has. */
export class Contender {
  readonly #subject: Subject;
  readonly #conditions: Conditions;
  #producer: RemoteSide;
  #consumer: RemoteSide;
  #messages: number;

  constructor(subject: Subject, conditions: Conditions) {
    const { work, quick } = conditions;
    this.#subject = subject;
    this.#conditions = conditions;
    this.#producer = new RemoteSide(work.kind, subject.name);
    this.#consumer = new RemoteSide(work.kind, subject.name);
    const fixed = (quick && work.quickMessages) || work.messages;
    this.#messages = typeof fixed === 'number' ? fixed : firstMessages;
  }

  get name(): string {
    return this.#subject.name;
  }

  /** Runs without counting: until code is compiled and, for works that go by time, runs are long enough. */
  async warmUp(): Promise<void> {
    const { work, runMs } = this.#conditions;
    if (typeof work.messages === 'number') {
      if (!work.isLong) await this.run();
      return;
    }

    const { most } = work.messages;
    for (;;) {
      const { ms } = await this.run();
      if (ms >= runMs * 0.7 || this.#messages === most) return;
      const factor = Math.min(growth.most, Math.max(growth.least, runMs / ms));
      this.#messages = Math.min(most, Math.round(this.#messages * factor));
    }
  }

  /** One run, on an empty server. Rejects when it lost or doubled a message, failed, or hung. */
  async run(): Promise<Found> {
    const { work, redis, server } = this.#conditions;
    const open: OpenOptions & { url: string } = { url: server.url, persistent: server.persistent };
    await server.reset();
    await this.#subject.reset?.(open.url, open);
    if (server.persistent) await quietDisk();

    const run: Run = {
      producer: this.#producer,
      consumer: this.#consumer,
      redis,
      messages: this.#messages,
    };
    await Promise.all([run.producer.ask('open', open), run.consumer.ask('open', open)]);
    const found = await within(runTimeoutMs, () => work.run(run));
    await Promise.all([run.producer.ask('close'), run.consumer.ask('close')]);
    return found;
  }

  async end(): Promise<void> {
    await Promise.all([this.#producer.end(), this.#consumer.end()]);
  }

  /** After a run that failed: nothing of it may reach the next one. */
  async startOver(): Promise<void> {
    await this.end();
    const { work } = this.#conditions;
    this.#producer = new RemoteSide(work.kind, this.name);
    this.#consumer = new RemoteSide(work.kind, this.name);
  }
}

async function within<Value>(ms: number, work: () => Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const overdue = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`did not end within ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([work(), overdue]);
  } finally {
    clearTimeout(timer);
  }
}
