import { firstNumber, smallBytes } from '../body.js';
import { exact } from '../exact.js';
import { median } from '../median.js';
import type { Work } from '../work.js';

const portion = 250_000;
const warmUpPortions = 4;

export const endurance: Work = {
  name: 'endurance',
  kind: 'queue',
  subjects: ['redpost'],
  withAof: false,
  measures: [
    {
      name: 'rss',
      title: 'memory of a consumer over 5,000,000 messages',
      how: `Resident memory after every ${portion.toLocaleString('en')} messages: the largest distance from the median, the first 1,000,000 left out.`,
      unit: '%',
      better: 'lower',
      goals: [{ atMost: 10 }],
    },
  ],
  messages: 5_000_000,
  runs: 1,
  isLong: true,

  async run({ producer, consumer, messages }) {
    const rss: number[] = [];
    for (let done = 0; done < messages; done += portion) {
      const numbers = { first: firstNumber + done, count: portion };
      await producer.ask('sendBatches', { ...numbers, bytes: smallBytes, size: 500 });
      await consumer.ask('consume', { ...numbers, concurrency: 100 });
      exact(await consumer.ask('delivered'), portion);
      rss.push((await consumer.ask('memory')).rssBytes);
    }

    const settled = rss.slice(warmUpPortions);
    const middle = median(settled);
    const farthest = Math.max(...settled.map((bytes) => Math.abs(bytes - middle)));
    return { figures: { rss: (farthest / middle) * 100 }, ms: 0 };
  },
};
