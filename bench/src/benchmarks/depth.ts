import type { Benchmark, Run } from '../benchmark.js';
import { firstNumber, smallBytes } from '../body.js';
import { deliveryMs, rate } from '../exact.js';
import { median } from '../median.js';

const slice = 10_000;
const slices = 20;

export const depth: Benchmark = {
  name: 'depth',
  kind: 'queue',
  subjects: ['redpost'],
  withAof: false,
  measures: [
    {
      name: 'depth',
      title: 'consume rate with 1,000,000 pending ÷ with 10,000',
      how: `A new consumer's first 10,000 messages, again and again, refilled each time: at 10,000, at 1,000,000 and at 10,000 once more, because a process gets faster and slower. The median rates divided.`,
      unit: 'ratio',
      better: 'higher',
      goals: [{ atLeast: 0.9 }],
    },
  ],
  messages: 1_000_000,

  async run(run) {
    const before = await ratesAt(slice, run);
    const deep = await ratesAt(run.messages, run);
    const after = await ratesAt(slice, run);
    return { figures: { depth: median(deep) / median([...before, ...after]) }, ms: 0 };
  },
};

/** How fast a slice is consumed while at least `depth` other messages are pending, many times. */
async function ratesAt(depth: number, { producer, consumer, redis }: Run): Promise<number[]> {
  const rates: number[] = [];
  let count = 0;

  async function fill(more: number): Promise<void> {
    const numbers = { first: firstNumber + count, count: more };
    await producer.ask('sendBatches', { ...numbers, bytes: smallBytes, size: 500 });
    count += more;
  }

  await fill(depth);
  for (let at = 0; at < slices; at += 1) {
    await fill(slice);
    await consumer.ask('consume', { first: firstNumber, count, concurrency: 100, enough: slice });
    rates.push(rate(slice - 1, deliveryMs(await consumer.ask('delivered'))));
  }
  await redis.reset();
  return rates;
}
