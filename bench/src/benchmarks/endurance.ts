import type { Benchmark } from '../benchmark.js';
import { firstNumber, smallBytes } from '../body.js';
import { exact } from '../exact.js';
import { median } from '../median.js';

const portion = 250_000;
const warmUpPortions = 4;

export const endurance: Benchmark = {
  name: 'endurance',
  kind: 'queue',
  subjects: ['redpost'],
  withAof: false,
  measures: [
    {
      name: 'rss',
      title: 'memory of a consumer over 5,000,000 messages',
      how: `Resident memory of one consumer, each time another ${portion.toLocaleString('en')} messages have been sent to it: the largest distance from the median, the first 1,000,000 left out.`,
      unit: '%',
      better: 'lower',
      goals: [{ atMost: 10 }],
    },
  ],
  messages: 5_000_000,
  runs: 1,
  isLong: true,

  async run({ producer, consumer, messages: count }) {
    await consumer.ask('consume', { first: firstNumber, count, concurrency: 100 });
    const rss: number[] = [];
    for (let first = firstNumber; first < firstNumber + count; first += portion) {
      await producer.ask('sendBatches', { first, count: portion, bytes: smallBytes, size: 500 });
      rss.push((await consumer.ask('memory')).rssBytes);
    }
    exact(await consumer.ask('delivered'), count);

    const settled = rss.slice(warmUpPortions);
    const middle = median(settled);
    const farthest = Math.max(...settled.map((bytes) => Math.abs(bytes - middle)));
    return { figures: { rss: (farthest / middle) * 100 }, ms: 0 };
  },
};
