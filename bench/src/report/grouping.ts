import type { GoalResult, MeasureResult, Results } from '../results.js';

export type Persistence = MeasureResult['persistence'];

/** One goal of one benchmark, with what was found in each persistence it was measured in. */
export interface GoalRow {
  readonly benchmark: string;
  readonly goal: string;
  readonly better: MeasureResult['better'];
  readonly found: ReadonlyMap<Persistence, GoalResult>;
}

/** The measures of each persistence, both in the order of the results. */
export function byPersistence({ measures }: Results): Map<Persistence, MeasureResult[]> {
  return grouped(measures, ({ persistence }) => persistence);
}

/** The measures of each benchmark, by name: one per persistence. */
export function byBenchmark({ measures }: Results): Map<string, MeasureResult[]> {
  return grouped(measures, ({ name }) => name);
}

/** Every goal once, in the order of the measures. */
export function goalRows(results: Results): GoalRow[] {
  return [...byBenchmark(results).values()].flatMap(goalRowsOf);
}

function goalRowsOf(measures: readonly MeasureResult[]): GoalRow[] {
  const goals = measures.flatMap((measure) => measure.goals.map((goal) => ({ measure, goal })));
  return [...grouped(goals, ({ goal }) => goal.title).values()].flatMap((same) => {
    const [first] = same;
    if (!first) return [];

    const { title: benchmark, better } = first.measure;
    const found = new Map(same.map(({ measure, goal }) => [measure.persistence, goal]));
    return [{ benchmark, goal: first.goal.title, better, found }];
  });
}

/** Items by key, keys and items in the order of their coming. */
export function grouped<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
