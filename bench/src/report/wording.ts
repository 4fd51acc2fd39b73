import type { MeasureResult, Results } from '../results.js';
import { gibibytes } from './figures.js';
import type { Persistence } from './grouping.js';

export const persistenceTitle: Record<Persistence, string> = {
  none: 'without persistence',
  'aof everysec': 'AOF everysec',
};

/** `messages/s, higher is better`. */
export function unitWords({ unit, better }: MeasureResult): string {
  return `${unit}, ${better === 'higher' ? 'higher' : 'lower'} is better`;
}

/** `5 runs`; `4–5 runs` where subjects differ. */
export function runCount(measures: readonly MeasureResult[]): string {
  const counts = measures.flatMap(({ subjects }) => subjects.map(({ runs }) => runs.length));
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  if (least !== most) return `${least}–${most} runs`;
  return least === 1 ? '1 run' : `${least} runs`;
}

/** `['AMD EPYC', '2 cores', '23 GiB']`. */
export function hardware({ machine }: Results): string[] {
  return [machine.cpu, `${machine.cores} cores`, gibibytes(machine.memoryBytes)];
}

/** `['Debian 12', 'Node 20.20.2', 'Redis 7.0.15']`; the peers' versions are in their titles. */
export function software({ machine }: Results): string[] {
  const { os, node, redis, nats } = machine;
  const versions = [`Node ${bare(node)}`, `Redis ${bare(redis)}`];
  return [os, ...versions, ...(nats ? [`NATS ${bare(nats)}`] : [])];
}

function bare(version: string): string {
  return version.replace(/^v/, '');
}

/** `2026-11-22 10:00 UTC`. */
export function startOf({ startedAt }: Results): string {
  return `${startedAt.slice(0, 10)} ${startedAt.slice(11, 16)} UTC`;
}

/** `31 of 34 goals met, 3 short`, each counted once per persistence. */
export function goalSummary({ measures }: Results): string {
  const goals = measures.flatMap((measure) => measure.goals);
  const met = goals.filter((goal) => goal.met).length;
  const short = goals.length - met;
  return `${met} of ${goals.length} goals met${short ? `, ${short} short` : ''}`;
}
