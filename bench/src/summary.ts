import type { Benchmark, Goal, Measure } from './benchmark.js';
import type { Comparison } from './harness/comparison.js';
import { median } from './median.js';
import type { GoalResult, MeasureResult, SubjectResult } from './results.js';

/** What a comparison found, as tables show it. */
export function summarize(
  benchmark: Benchmark,
  comparison: Comparison,
  { persistent, titles }: { persistent: boolean; titles: ReadonlyMap<string, string> },
): MeasureResult[] {
  return benchmark.measures.map((measure) => {
    const subjects = subjectsOf(benchmark, measure, comparison, titles);
    const { goals, ...description } = measure;
    return {
      ...description,
      persistence: persistent ? 'aof everysec' : 'none',
      subjects,
      goals: goals.flatMap((goal) => goalResults(goal, measure, subjects, titles)),
    };
  });
}

function subjectsOf(
  { subjects: [own = ''] }: Benchmark,
  { name: measure }: Measure,
  { figures }: Comparison,
  titles: ReadonlyMap<string, string>,
): SubjectResult[] {
  const middle = (name: string): number => median(runsOf(name));
  const runsOf = (name: string): number[] =>
    (figures.get(name) ?? []).flatMap((found) => found[measure] ?? []);

  return [...figures.keys()]
    .filter((name) => runsOf(name).length > 0)
    .map((name) => {
      const runs = runsOf(name);
      const figure = {
        name,
        title: titles.get(name) ?? name,
        runs,
        median: median(runs),
        min: Math.min(...runs),
        max: Math.max(...runs),
      };
      return name === own ? figure : { ...figure, redpostRatio: middle(own) / figure.median };
    });
}

/** A goal that names a peer which was not measured has no result. */
function goalResults(
  goal: Goal,
  { unit }: Measure,
  subjects: readonly SubjectResult[],
  titles: ReadonlyMap<string, string>,
): GoalResult[] {
  const found = foundFor(goal, subjects);
  if (found === undefined) return [];

  const limit = 'atLeast' in goal ? `at least ${goal.atLeast}` : `at most ${goal.atMost}`;
  const ending = 'peer' in goal ? ` × ${titles.get(goal.peer) ?? goal.peer}` : endings[unit];
  const met = 'atLeast' in goal ? found >= goal.atLeast : found <= goal.atMost;
  return [{ title: `${limit}${ending}`, found, met }];
}

function foundFor(goal: Goal, subjects: readonly SubjectResult[]): number | undefined {
  if (!('peer' in goal)) return subjects[0]?.median;
  return subjects.find(({ name }) => name === goal.peer)?.redpostRatio;
}

const endings: Record<Measure['unit'], string> = {
  'messages/s': ' messages/s',
  'commands/s': ' commands/s',
  ms: ' ms',
  µs: ' µs',
  bytes: ' bytes',
  '%': ' %',
  ratio: '',
};
