import type { Subject } from '../subject.js';
import { channelSubjects, queueSubjects } from '../subjects/index.js';
import type { Work } from '../work.js';
import { Contender } from './contender.js';
import { NatsServer } from './nats-server.js';
import { RedisServer } from './redis-server.js';

export interface CompetitionOptions {
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

export interface Competition {
  /** Of each subject, the figures of each run that counts, in order. */
  readonly figures: ReadonlyMap<string, readonly Readonly<Record<string, number>>[]>;
  readonly failures: readonly string[];
}

/**
 * Has all subjects of a work do it in turns (A B C A B C …), so that what happens on the machine
 * meanwhile happens to all.
 */
export async function compete(work: Work, options: CompetitionOptions): Promise<Competition> {
  const { persistent, quick, runMs, nats } = options;
  const runs = work.runs ?? options.runs;
  const subjects = await takingPart(work, options);
  const redis = await RedisServer.start(persistent);
  const natsServer =
    nats && subjects.some(({ server }) => server === 'nats')
      ? await NatsServer.start(nats, persistent)
      : undefined;

  const contenders = subjects.map((subject) => {
    const server = subject.server === 'nats' && natsServer ? natsServer : redis;
    return new Contender(subject, { work, redis, server, quick, runMs });
  });
  const figures = new Map<string, Record<string, number>[]>(
    contenders.map(({ name }) => [name, []]),
  );
  const failures: string[] = [];

  try {
    for (let run = 0; run <= runs; run += 1) {
      for (const contender of contenders) {
        options.onProgress({ subject: contender.name, run, runs });
        try {
          if (run === 0) await contender.warmUp();
          else figures.get(contender.name)?.push({ ...(await contender.run()).figures });
        } catch (error) {
          failures.push(`${work.name}, ${contender.name}, run ${run}: ${reason(error)}`);
          await contender.startOver();
        }
      }
    }
  } finally {
    await Promise.all(contenders.map((contender) => contender.end()));
    await natsServer?.stop();
    await redis.stop();
  }
  return { figures, failures };
}

async function takingPart(work: Work, options: CompetitionOptions): Promise<Subject[]> {
  const known = work.kind === 'queue' ? queueSubjects : channelSubjects;
  const loaded = await Promise.all(
    work.subjects.map((name) => {
      const load = known[name];
      if (!load) throw new Error(`${work.name}: there is no subject ${name}`);
      return load();
    }),
  );
  return loaded
    .filter(({ server }) => server !== 'nats' || options.nats)
    .filter(({ name }) => name === work.subjects[0] || (options.peers?.includes(name) ?? true));
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
