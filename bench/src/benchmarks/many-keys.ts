import type { Benchmark, Measure, Run } from '../benchmark.js';
import { firstNumber, smallBytes } from '../body.js';

/** So many messages are consumed of those that wait. */
const slice = 50_000;
/** Messages from there on have a key each: see the subject. */
const firstOfMany = 2 * firstNumber;

const ofSlices = `A consumer with concurrency 10 takes ${slice.toLocaleString('en')} messages: with ten keys, with 1,000,000 keys of one message each, and with ten keys once more.`;

/** What the same messages cost with a million keys, compared with ten. */
function ratio(name: string, title: string, how: string, atMost: number): Measure {
  return { name, title, how, unit: 'ratio', better: 'lower', goals: [{ atMost }] };
}

export const manyKeys: Benchmark = {
  name: 'many-keys',
  kind: 'queue',
  subjects: ['redpost-many-keys'],
  withAof: false,
  measures: [
    ratio(
      'many-keys-cpu',
      "Redis's CPU time per consumed message with 1,000,000 keys ÷ with 10",
      `${ofSlices} What \`INFO cpu\` says of it, divided.`,
      1.5,
    ),
    ratio(
      'many-keys-command',
      'the command that costs more per consumed message with 1,000,000 keys ÷ with 10',
      `${ofSlices} For each command that is called, also in scripts, its time per message by \`INFO commandstats\`, and of these ratios the largest; less than 1 µs counts as 1 µs. One that walked through all keys, even once, would have a ratio far above this goal.`,
      5,
    ),
    ratio(
      'many-keys-bytes',
      'bytes in Redis per pending message with 1,000,000 keys ÷ with 10',
      'Growth of `used_memory` less the buffers of clients, by messages of 99 bytes.',
      4,
    ),
  ],
  messages: 1_000_000,
  quickMessages: 100_000,
  runs: 1,

  async run(run) {
    const before = await costs(run, firstNumber, 2 * slice);
    const many = await costs(run, firstOfMany, run.messages);
    const after = await costs(run, firstNumber, 2 * slice);
    const few = (of: (found: Costs) => number) => (of(before) + of(after)) / 2;
    const growths = [...many.commandUs].map(([name, us]) => {
      const usOfFew = few(({ commandUs }) => commandUs.get(name) ?? 0);
      return Math.max(us, 1) / Math.max(usOfFew, 1);
    });
    const figures = {
      'many-keys-cpu': many.cpuUs / few(({ cpuUs }) => cpuUs),
      'many-keys-command': Math.max(...growths),
      'many-keys-bytes': many.bytes / few(({ bytes }) => bytes),
    };
    return { figures, ms: 0 };
  },
};

/** What a message costs in Redis. */
interface Costs {
  bytes: number;
  /** To consume one. */
  cpuUs: number;
  /** What each command costs of that. */
  commandUs: ReadonlyMap<string, number>;
}

async function costs(
  { producer, consumer, redis }: Run,
  first: number,
  count: number,
): Promise<Costs> {
  const bytesBefore = await redis.usedBytes();
  await producer.ask('sendBatches', { first, count, bytes: smallBytes, size: 500 });
  const bytes = ((await redis.usedBytes()) - bytesBefore) / count;

  let [cpuUs, consumed] = [0, 0];
  const totals = await redis.commandUsDuring(async () => {
    const cpuBefore = await redis.cpuMs();
    await consumer.ask('consume', { first, count, concurrency: 10, enough: slice });
    consumed = (await consumer.ask('delivered')).distinct;
    cpuUs = (1000 * ((await redis.cpuMs()) - cpuBefore)) / consumed;
  });
  const commandUs = new Map([...totals].map(([name, us]) => [name, us / consumed]));
  await redis.reset();
  return { bytes, cpuUs, commandUs };
}
