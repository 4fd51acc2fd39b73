import { firstNumber, smallBytes } from '../body.js';
import { deliveryMs, rate } from '../exact.js';
import { median } from '../median.js';
import type { Run, Work } from '../work.js';

const slice = 10_000;
const slices = 9;

export const depth: Work = {
  name: 'depth',
  kind: 'queue',
  subjects: ['redpost'],
  withAof: false,
  measures: [
    {
      name: 'depth',
      title: 'consume rate with 1,000,000 pending ÷ with 10,000',
      how: `A new consumer's first 10,000 messages, ${slices} times at each depth (the deep queue is not refilled between): the median rates divided.`,
      unit: 'ratio',
      better: 'higher',
      goals: [{ atLeast: 0.9 }],
    },
  ],
  messages: 1_000_000,

  async run(run) {
    const shallow: number[] = [];
    const deep: number[] = [];
    for (let at = 0; at < slices; at += 1) {
      await fill(run, slice);
      shallow.push(await sliceRate(run, slice));
      await run.redis.reset();
    }
    await fill(run, run.messages);
    for (let at = 0; at < slices; at += 1) deep.push(await sliceRate(run, run.messages));
    return { figures: { depth: median(deep) / median(shallow) }, ms: 0 };
  },
};

async function fill({ producer }: Run, count: number): Promise<void> {
  await producer.ask('sendBatches', { first: firstNumber, count, bytes: smallBytes, size: 500 });
}

async function sliceRate({ consumer }: Run, count: number): Promise<number> {
  await consumer.ask('consume', { first: firstNumber, count, concurrency: 100, enough: slice });
  return rate(slice - 1, deliveryMs(await consumer.ask('delivered')));
}
