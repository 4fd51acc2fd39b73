import { readFileSync } from 'node:fs';

/** Figures of one benchmark: the median of each of the compared libraries. */
export interface Panel {
  title: string;
  unit: string;
  bars: { name: string; value: number; isOurs: boolean }[];
}

/** What the bars of the home page show, from the last `npm run bench`. */
export interface BenchmarkFigures {
  panels: Panel[];
  /** The day of the measurement, `2031-01-31`. */
  day: string;
  machine: string;
}

interface Results {
  startedAt: string;
  machine: { cpu: string; cores: number; redis: string; node: string };
  measures: {
    name: string;
    persistence: string;
    unit: string;
    subjects: { name: string; title: string; median: number }[];
  }[];
}

const file = new URL('../../../bench/results.json', import.meta.url);
const compared = ['redpost', 'bullmq', 'bee-queue', 'jetstream'];
const charted = {
  send: 'Send',
  consume: 'Consume, empty handler',
  'latency-p50': 'Send to handler, idle queue',
};

export default {
  watch: ['../../../bench/results.json'],
  load(): BenchmarkFigures {
    const { measures, machine, startedAt } = JSON.parse(readFileSync(file, 'utf8')) as Results;
    return {
      panels: Object.entries(charted).map(([name, title]) => panelOf(measures, name, title)),
      day: startedAt.slice(0, 10),
      machine: `${machine.cpu}, ${machine.cores} cores, Redis ${machine.redis}, Node ${machine.node}`,
    };
  },
};

/** @throws Error when the benchmarks no longer have it, which fails the build. */
function panelOf(measures: Results['measures'], name: string, title: string): Panel {
  const measure = measures.find((each) => each.name === name && each.persistence === 'none');
  if (!measure) throw new Error(`bench/results.json has no benchmark ${name}`);
  const bars = measure.subjects
    .filter((subject) => compared.includes(subject.name))
    .map((subject) => ({
      name: subject.title,
      value: subject.median,
      isOurs: subject.name === 'redpost',
    }));
  return { title, unit: measure.unit, bars };
}
