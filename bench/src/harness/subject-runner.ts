import type { Benchmark, Found, Run } from '../benchmark.js';
import type { OpenOptions, Subject } from '../subject.js';
import { quietDisk } from './quiet-disk.js';
import type { RedisServer } from './redis-server.js';
import { RemoteSide } from './remote-side.js';
import type { Server } from './server.js';

/** A run that takes longer hangs, or waits for messages that were lost. */
const runTimeoutMs = 120_000;
const growth = { least: 2, most: 8 };
const firstMessages = 2000;

export interface RunnerOptions {
  readonly benchmark: Benchmark;
  readonly redis: RedisServer;
  /** Where the subject runs: `redis`, or a NATS. */
  readonly server: Server;
  readonly quick: boolean;
  /** How long a run should take, for benchmarks that go by time. */
  readonly runMs: number;
}

/** A subject that is measured: its two processes, and how many messages a run of it has. */
export class SubjectRunner {
  readonly #subject: Subject;
  readonly #options: RunnerOptions;
  #producer: RemoteSide;
  #consumer: RemoteSide;
  #messages: number;

  constructor(subject: Subject, options: RunnerOptions) {
    const { benchmark, quick } = options;
    this.#subject = subject;
    this.#options = options;
    this.#producer = new RemoteSide(benchmark.kind, subject.name);
    this.#consumer = new RemoteSide(benchmark.kind, subject.name);
    const fixed = (quick && benchmark.quickMessages) || benchmark.messages;
    this.#messages = typeof fixed === 'number' ? fixed : firstMessages;
  }

  get name(): string {
    return this.#subject.name;
  }

  /** Runs without counting: until code is compiled and, for benchmarks that go by time, runs are long enough. */
  async warmUp(): Promise<void> {
    const { benchmark, runMs } = this.#options;
    if (typeof benchmark.messages === 'number') {
      if (!benchmark.isLong) await this.run();
      return;
    }

    const { most } = benchmark.messages;
    for (;;) {
      const { ms } = await this.run();
      if (ms >= runMs * 0.7 || this.#messages === most) return;
      const factor = Math.min(growth.most, Math.max(growth.least, runMs / ms));
      this.#messages = Math.min(most, Math.round(this.#messages * factor));
    }
  }

  /** One run, on an empty server. Rejects when it lost or doubled a message, failed, or hung. */
  async run(): Promise<Found> {
    const { benchmark, redis, server } = this.#options;
    const open: OpenOptions & { url: string } = { url: server.url, persistent: server.persistent };
    await server.reset();
    await this.#subject.reset?.(open.url, open);
    if (server.persistent) await quietDisk();

    const run: Run = {
      subject: this.name,
      producer: this.#producer,
      consumer: this.#consumer,
      redis,
      messages: this.#messages,
    };
    await Promise.all([run.producer.ask('open', open), run.consumer.ask('open', open)]);
    const found = await within(runTimeoutMs, () => benchmark.run(run));
    await Promise.all([run.producer.ask('close'), run.consumer.ask('close')]);
    return found;
  }

  async end(): Promise<void> {
    await Promise.all([this.#producer.end(), this.#consumer.end()]);
  }

  /** After a run that failed: nothing of it may reach the next one. */
  async startOver(): Promise<void> {
    await this.end();
    const { benchmark } = this.#options;
    this.#producer = new RemoteSide(benchmark.kind, this.name);
    this.#consumer = new RemoteSide(benchmark.kind, this.name);
  }
}

async function within<Value>(ms: number, task: () => Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const overdue = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`did not end within ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([task(), overdue]);
  } finally {
    clearTimeout(timer);
  }
}
