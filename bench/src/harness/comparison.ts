import type { Benchmark } from '../benchmark.js';
import type { Subject } from '../subject.js';
import { channelSubjects, queueSubjects } from '../subjects/index.js';
import { NatsServer } from './nats-server.js';
import { RedisServer } from './redis-server.js';
import { SubjectRunner } from './subject-runner.js';

export interface ComparisonOptions {
  readonly persistent: boolean;
  readonly quick: boolean;
  readonly runs: number;
  readonly runMs: number;
  /** `undefined` leaves subjects on NATS out. */
  readonly nats: string | undefined;
  /** Names of peers; left out, all. */
  readonly peers: readonly string[] | undefined;
  onProgress(progress: { subject: string; run: number; runs: number }): void;
}

export interface Comparison {
  /** Of each subject, the figures of each run that counts, in order. */
  readonly figures: ReadonlyMap<string, readonly Readonly<Record<string, number>>[]>;
  readonly failures: readonly string[];
}

/**
 * Runs a benchmark with all subjects in turns (A B C A B C …), so that what happens on the machine
 * meanwhile happens to all.
 */
export async function compare(
  benchmark: Benchmark,
  options: ComparisonOptions,
): Promise<Comparison> {
  const { persistent, quick, runMs, nats } = options;
  const runs = benchmark.runs ?? options.runs;
  const subjects = await selectedSubjects(benchmark, options);
  const redis = await RedisServer.start(persistent);
  const natsServer =
    nats && subjects.some(({ server }) => server === 'nats')
      ? await NatsServer.start(nats, persistent)
      : undefined;

  const runners = subjects.map((subject) => {
    const server = subject.server === 'nats' && natsServer ? natsServer : redis;
    return new SubjectRunner(subject, { benchmark, redis, server, quick, runMs });
  });
  const figures = new Map<string, Record<string, number>[]>(runners.map(({ name }) => [name, []]));
  const failures: string[] = [];

  try {
    for (let run = 0; run <= runs; run += 1) {
      for (const runner of runners) {
        options.onProgress({ subject: runner.name, run, runs });
        try {
          if (run === 0) await runner.warmUp();
          else figures.get(runner.name)?.push({ ...(await runner.run()).figures });
        } catch (error) {
          failures.push(`${benchmark.name}, ${runner.name}, run ${run}: ${reason(error)}`);
          await runner.startOver();
        }
      }
    }
  } finally {
    await Promise.all(runners.map((runner) => runner.end()));
    await natsServer?.stop();
    await redis.stop();
  }
  return { figures, failures };
}

async function selectedSubjects(
  benchmark: Benchmark,
  options: ComparisonOptions,
): Promise<Subject[]> {
  const known = benchmark.kind === 'queue' ? queueSubjects : channelSubjects;
  const loaded = await Promise.all(
    benchmark.subjects.map((name) => {
      const load = known[name];
      if (!load) throw new Error(`${benchmark.name}: there is no subject ${name}`);
      return load();
    }),
  );
  return loaded
    .filter(({ server }) => server !== 'nats' || options.nats)
    .filter(({ program }) => !program || program.version())
    .filter(
      ({ name }) => name === benchmark.subjects[0] || (options.peers?.includes(name) ?? true),
    );
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
