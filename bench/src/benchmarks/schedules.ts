import { setTimeout as pause } from 'node:timers/promises';
import type { Benchmark, Measure, Run } from '../benchmark.js';
import { firstNumber, smallBytes } from '../body.js';

/** Ten schedules with a tick each 20 ms; those from the second number on have none for a year: see the subject. */
const ticking = { first: firstNumber, count: 10, bytes: smallBytes, size: 10 };
const firstOfMany = 2 * firstNumber;
const measuredMs = 3000;

const ofBoth = `A consumer, and ten schedules with a tick each 20 ms, for ${measuredMs / 1000} s: alone, beside 100,000 schedules that are not due, and alone once more.`;

/** What the same ticks cost beside many schedules, compared with ten. */
function ratio(name: string, title: string, how: string, atMost: number): Measure {
  return { name, title, how, unit: 'ratio', better: 'lower', goals: [{ atMost }] };
}

export const schedules: Benchmark = {
  name: 'schedules',
  kind: 'queue',
  subjects: ['redpost-schedules'],
  withAof: false,
  measures: [
    ratio(
      'schedules-cpu',
      "Redis's CPU time per tick with 100,000 schedules ÷ with 10",
      `${ofBoth} What \`INFO cpu\` says of it, divided.`,
      1.5,
    ),
    ratio(
      'schedules-command',
      'the command that costs more with 100,000 schedules ÷ with 10',
      `${ofBoth} For each command that is called, also in scripts, its time by \`INFO commandstats\`, and of these ratios the largest; less than 10 ms counts as 10 ms. One that walked through all schedules would have a ratio far above this goal.`,
      3,
    ),
  ],
  messages: 100_000,
  quickMessages: 20_000,
  runs: 1,

  async run(run) {
    const before = await costs(run, 0);
    const many = await costs(run, run.messages);
    const after = await costs(run, 0);
    const few = (of: (found: Costs) => number) => (of(before) + of(after)) / 2;
    const growths = [...many.commandUs].map(([name, us]) => {
      const usOfFew = few(({ commandUs }) => commandUs.get(name) ?? 0);
      return Math.max(us, 10_000) / Math.max(usOfFew, 10_000);
    });
    const figures = {
      'schedules-cpu': many.cpuMs / few(({ cpuMs }) => cpuMs),
      'schedules-command': Math.max(...growths),
    };
    return { figures, ms: 0 };
  },
};

/** What the ticks of some seconds cost in Redis: as many with any number of schedules. */
interface Costs {
  cpuMs: number;
  commandUs: ReadonlyMap<string, number>;
}

/** @param others how many schedules there are that are not due. */
async function costs({ producer, consumer, redis }: Run, others: number): Promise<Costs> {
  const numbers = { first: firstOfMany, count: others, bytes: smallBytes, size: 500 };
  await producer.ask('sendBatches', numbers);
  await consumer.ask('consume', { ...ticking, concurrency: 10 });
  await producer.ask('sendBatches', ticking);

  let cpuMs = 0;
  const commandUs = await redis.commandUsDuring(async () => {
    const cpuBefore = await redis.cpuMs();
    await pause(measuredMs);
    cpuMs = (await redis.cpuMs()) - cpuBefore;
  });
  await consumer.ask('delivered');
  await redis.reset();
  return { cpuMs, commandUs };
}
