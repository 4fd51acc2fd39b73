import { machine } from '../../tooling/machine.js';
import type { Benchmark } from './benchmark.js';
import { benchmarks } from './benchmarks/index.js';
import { compare } from './harness/comparison.js';
import { natsVersion } from './harness/nats-server.js';
import { RedisServer } from './harness/redis-server.js';
import { missingPrograms, subjectTitles } from './harness/versions.js';
import type { BenchOptions } from './options.js';
import { quickMeasures } from './report/quick-summary.js';
import type { MeasureResult, Results } from './results.js';
import { summarize } from './summary.js';

const full = { runs: 5, runMs: 1000 };
const quick = { runs: 2, runMs: 200 };

/** Runs every chosen benchmark, one after the other, and returns the results. */
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

  for (const [benchmark, persistent] of chosen(options)) {
    const step = persistent ? `${benchmark.name}, AOF` : benchmark.name;
    const comparison = await compare(benchmark, {
      persistent,
      nats,
      runMs,
      quick: options.quick,
      runs: options.runs ?? runs,
      peers: options.peers,
      onProgress: (at) =>
        onProgress(step, `${at.run === 0 ? 'warm-up' : `${at.run} of ${at.runs}`}  ${at.subject}`),
    });
    measures.push(...summarize(benchmark, comparison, { persistent, titles }));
    failures.push(...comparison.failures);
  }

  return {
    startedAt: startedAt.toISOString(),
    tookMs: Date.now() - startedAt.getTime(),
    quick: options.quick,
    machine: { ...machine(), redis: await redisVersion(), ...(nats ? { nats } : {}) },
    measures,
    leftOut: [
      ...(nats ? [] : ['NATS: no `nats-server` on PATH (apt-get install nats-server)']),
      ...(await missingPrograms()),
    ],
    failures,
  };
}

function chosen({
  quick,
  only,
  persistence,
}: BenchOptions): [benchmark: Benchmark, persistent: boolean][] {
  const names: readonly string[] | undefined = only ?? (quick ? quickMeasures : undefined);
  const wanted = benchmarks.filter(
    (benchmark) => !names || namesOf(benchmark).some((name) => names.includes(name)),
  );
  return [
    ...wanted
      .filter(() => persistence !== 'aof')
      .map((benchmark) => [benchmark, false] as [Benchmark, boolean]),
    ...wanted
      .filter(({ withAof }) => withAof && persistence !== 'none')
      .map((benchmark) => [benchmark, true] as [Benchmark, boolean]),
  ];
}

function namesOf({ name, measures }: Benchmark): string[] {
  return [...new Set([name, ...measures.map((measure) => measure.name)])];
}

async function redisVersion(): Promise<string> {
  const server = await RedisServer.start(false);
  await server.stop();
  return server.version;
}
