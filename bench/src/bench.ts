import { machine } from '../../tooling/machine.js';
import { compete } from './harness/competition.js';
import { natsVersion } from './harness/nats-server.js';
import { RedisServer } from './harness/redis-server.js';
import { subjectTitles } from './harness/versions.js';
import type { BenchOptions } from './options.js';
import type { MeasureResult, Results } from './results.js';
import { summarize } from './summary.js';
import type { Work } from './work.js';
import { works } from './works/index.js';

const full = { runs: 5, runMs: 1000 };
const quick = { runs: 2, runMs: 200 };

/** Does every chosen work, one after the other, and tells what was found. */
export async function bench(
  options: BenchOptions,
  onProgress: (step: string, detail: string) => void,
): Promise<Results> {
  const startedAt = new Date();
  const nats = natsVersion();
  const titles = await subjectTitles(nats);
  const { runs, runMs } = options.quick ? quick : full;
  const measures: MeasureResult[] = [];
  const failures: string[] = [];

  for (const [work, persistent] of chosen(options)) {
    const step = persistent ? `${work.name}, AOF` : work.name;
    const competition = await compete(work, {
      persistent,
      nats,
      runMs,
      quick: options.quick,
      runs: options.runs ?? runs,
      peers: options.peers,
      onProgress: (at) =>
        onProgress(step, `${at.run === 0 ? 'warm-up' : `${at.run} of ${at.runs}`}  ${at.subject}`),
    });
    measures.push(...summarize(work, competition, { persistent, titles }));
    failures.push(...competition.failures);
  }

  return {
    startedAt: startedAt.toISOString(),
    tookMs: Date.now() - startedAt.getTime(),
    quick: options.quick,
    machine: { ...machine(), redis: await redisVersion(), ...(nats ? { nats } : {}) },
    measures,
    leftOut: leftOut(options, nats),
    failures,
  };
}

function chosen({ quick, only, persistence }: BenchOptions): [work: Work, persistent: boolean][] {
  const wanted = works.filter((work) =>
    only ? namesOf(work).some((name) => only.includes(name)) : !(quick && work.isLong),
  );
  return [
    ...wanted.filter(() => persistence !== 'aof').map((work) => [work, false] as [Work, boolean]),
    ...wanted
      .filter(({ withAof }) => withAof && persistence !== 'none')
      .map((work) => [work, true] as [Work, boolean]),
  ];
}

function namesOf({ name, measures }: Work): string[] {
  return [...new Set([name, ...measures.map((measure) => measure.name)])];
}

function leftOut({ quick, only }: BenchOptions, nats: string | undefined): string[] {
  const long = works.filter(({ isLong }) => isLong && quick && !only);
  return [
    ...long.map(({ name }) => `${name}: takes too long for --quick`),
    ...(nats ? [] : ['NATS: no `nats-server` on PATH (apt-get install nats-server)']),
  ];
}

async function redisVersion(): Promise<string> {
  const server = await RedisServer.start(false);
  await server.stop();
  return server.version;
}
