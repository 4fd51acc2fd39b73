import type { Benchmark, Measure, Run } from '../benchmark.js';
import { firstNumber, smallBytes } from '../body.js';
import { exact } from '../exact.js';
import { Masters } from '../harness/masters.js';

const undivided = 'redpost-in-cluster';

/** A side of a step of a message's life. */
function client(step: 'send' | 'consume', title: string): Measure {
  return {
    name: `partitions-${step}-client`,
    title,
    how: 'On three masters: of its whole process, divided by the messages, 500 per call or with a concurrency of 100.',
    unit: 'µs',
    better: 'lower',
    goals: [{ atMost: 1.15, peer: undivided }],
  };
}

/** How evenly so many masters work. */
function share(masters: number): Measure {
  return {
    name: `partitions-share-${masters}`,
    title: `how far the most and the least busy of ${masters} masters are from their mean`,
    how: 'Processor time of their main threads, of all sends and all consumption. Without partitions, one master does it all.',
    unit: '%',
    better: 'lower',
    goals: [{ atMost: 15 }],
  };
}

/** A queue with as many partitions as its Cluster has masters, beside one without. */
export const partitions: Benchmark = {
  name: 'partitions',
  kind: 'queue',
  subjects: ['redpost-partitions', undivided],
  withAof: false,
  measures: [
    client('send', 'processor time of a producer per message sent to a queue with partitions'),
    client('consume', 'processor time of a consumer per message of a queue with partitions'),
    share(3),
    share(6),
  ],
  messages: 200_000,
  quickMessages: 20_000,
  runs: 5,

  async run(run) {
    const three = await workOn(3, run);
    const six = await workOn(6, run);
    return {
      figures: {
        'partitions-send-client': three.sendUs,
        'partitions-consume-client': three.consumeUs,
        'partitions-share-3': three.unevenness,
        'partitions-share-6': six.unevenness,
      },
      ms: 0,
    };
  },
};

async function workOn(count: number, { producer, consumer, messages }: Run) {
  await using masters = await Masters.start(count);
  const numbers = { first: firstNumber, count: messages };
  for (const side of [producer, consumer]) {
    await side.ask('close');
    await side.ask('open', { url: masters.url, persistent: false });
  }
  const found = { sendUs: 0, consumeUs: 0, unevenness: 0 };
  const worked = await masters.workedDuring(async () => {
    const [sentAt, consumedAt] = await Promise.all([producer.ask('cpu'), consumer.ask('cpu')]);
    await producer.ask('sendBatches', { ...numbers, bytes: smallBytes, size: 500 });
    found.sendUs = (1000 * ((await producer.ask('cpu')).ms - sentAt.ms)) / messages;
    await consumer.ask('consume', { ...numbers, concurrency: 100 });
    exact(await consumer.ask('delivered'), messages);
    found.consumeUs = (1000 * ((await consumer.ask('cpu')).ms - consumedAt.ms)) / messages;
  });
  await Promise.all([producer.ask('close'), consumer.ask('close')]);
  const mean = worked.reduce((sum, us) => sum + us, 0) / count;
  found.unevenness = 100 * Math.max(...worked.map((us) => Math.abs(us / mean - 1)));
  return found;
}
