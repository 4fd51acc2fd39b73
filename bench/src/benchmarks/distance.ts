import type { Benchmark, Run } from '../benchmark.js';
import { firstNumber, smallBytes } from '../body.js';
import { deliveryMs, exact, rate } from '../exact.js';
import { Distance } from '../harness/distance.js';

/** Of each way: a round trip takes twice as long. */
const wayMs = 10;
const concurrency = 100;
const handlerMs = 10;

const how = `100 handlers that each take 0 to ${handlerMs} ms, 5 ms on average. A round trip to Redis takes ${2 * wayMs} ms more than on this machine.`;

export const distance: Benchmark = {
  name: 'distance',
  kind: 'queue',
  subjects: ['redpost', 'bullmq'],
  withAof: false,
  measures: [
    {
      name: 'distance',
      title: `consume, ${2 * wayMs} ms away from Redis ÷ beside it`,
      how: `${how} Beside Redis, far away, and beside it once more: the rates divided.`,
      unit: 'ratio',
      better: 'higher',
      goals: [{ atLeast: 0.5 }],
    },
    {
      name: 'distance-rate',
      title: `consume, ${2 * wayMs} ms away from Redis`,
      how,
      unit: 'messages/s',
      better: 'higher',
      goals: [{ atLeast: 4, peer: 'bullmq' }],
    },
  ],
  messages: 20_000,
  quickMessages: 5000,
  runs: 3,

  async run(run) {
    await using far = await Distance.from(run.redis.url, wayMs);
    const before = await rateAt(run.redis.url, run);
    const found = await rateAt(far.url, run);
    const after = await rateAt(run.redis.url, run);
    return {
      figures: { distance: (2 * found) / (before + after), 'distance-rate': found },
      ms: 0,
    };
  },
};

async function rateAt(url: string, { producer, consumer, redis, messages }: Run): Promise<number> {
  const numbers = { first: firstNumber, count: messages };
  await consumer.ask('close');
  await producer.ask('sendBatches', { ...numbers, bytes: smallBytes, size: 500 });
  await consumer.ask('open', { url, persistent: false });
  await consumer.ask('consume', { ...numbers, concurrency, handlerMs });
  const delivered = exact(await consumer.ask('delivered'), messages);
  await redis.reset();
  return rate(messages - 1, deliveryMs(delivered));
}
