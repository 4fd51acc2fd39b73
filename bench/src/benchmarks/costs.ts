import type { Benchmark, Measure } from '../benchmark.js';
import { firstNumber, smallBytes } from '../body.js';
import { exact } from '../exact.js';
import { spent } from '../spent.js';

/** A side of a step of a message's life. */
function cost(name: string, title: string, how: string): Measure {
  return { name: `costs-${name}`, title, how, unit: 'µs', better: 'lower', goals: [] };
}

const server = 'What `INFO cpu` says of Redis, divided by the messages.';
const client = 'Of its whole process, divided by the messages.';

/**
 * What a message costs in processor time, for each way to use a queue and for a topic: how many messages a core of Redis or of
 * Node carries. It does not depend on how many cores there are, and least on what else a machine does.
 */
export const costs: Benchmark = {
  name: 'costs',
  kind: 'queue',
  subjects: [
    'redpost',
    'redpost-priorities',
    'redpost-keys',
    'redpost-limits',
    'redpost-once',
    'redpost-delayed',
    'redpost-history',
    'redpost-topic',
  ],
  withAof: true,
  measures: [
    cost('send-server', 'processor time of Redis per message sent, 500 per call', server),
    cost('send-client', 'processor time of a producer per message sent, 500 per call', client),
    cost('consume-server', 'processor time of Redis per message consumed', server),
    cost('consume-client', 'processor time of a consumer per message consumed', client),
  ],
  messages: 200_000,
  quickMessages: 20_000,
  runs: 3,

  async run(run) {
    const { producer, consumer, messages: count } = run;
    const numbers = { first: firstNumber, count };
    const sent = await spent(run.redis, producer, () =>
      producer.ask('sendBatches', { ...numbers, bytes: smallBytes, size: 500 }),
    );
    const consumed = await spent(run.redis, consumer, async () => {
      await consumer.ask('consume', { ...numbers, concurrency: 100 });
      exact(await consumer.ask('delivered'), count);
    });
    return {
      figures: {
        'costs-send-server': sent.serverUs / count,
        'costs-send-client': sent.clientUs / count,
        'costs-consume-server': consumed.serverUs / count,
        'costs-consume-client': consumed.clientUs / count,
      },
      ms: 0,
    };
  },
};
