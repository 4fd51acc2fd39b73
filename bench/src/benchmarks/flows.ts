import type { Benchmark, Run } from '../benchmark.js';
import { firstNumber, smallBytes } from '../body.js';
import { exact, rate } from '../exact.js';

const members = 1000;

/** One flow after the other: from the call that sends its members to the handler of what follows them. */
export const flows: Benchmark = {
  name: 'flows',
  kind: 'queue',
  subjects: ['redpost-flows', 'bullmq-flows'],
  withAof: true,
  measures: [
    {
      name: 'flows',
      title: 'a flow of 1,000 members, start to continuation',
      how: 'One flow after the other, with a consumer that waits: from the call that sends 1,000 members to the handler of the message that follows them. A no-op async handler, concurrency 100. Members per second of this time.',
      unit: 'messages/s',
      better: 'higher',
      goals: [{ atLeast: 10, peer: 'bullmq-flows' }],
    },
  ],
  messages: 20 * members,
  quickMessages: 3 * members,

  async run(run) {
    const count = run.messages / members;
    let ms = 0;
    for (let n = 0; n < count; n += 1) ms += await flowMs(run, firstNumber + n * (members + 1));
    return { figures: { flows: rate(run.messages, ms) }, ms };
  },
};

async function flowMs({ producer, consumer }: Run, first: number): Promise<number> {
  const size = members + 1;
  await consumer.ask('consume', { first, count: size, concurrency: 100 });
  const numbers = { first, count: size, bytes: smallBytes, size };
  const { startedAtNs } = await producer.ask('sendBatches', numbers);
  const { lastAtNs } = exact(await consumer.ask('delivered'), size);
  return (lastAtNs - startedAtNs) / 1e6;
}
