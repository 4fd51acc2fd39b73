import type { Benchmark, Measure } from '../benchmark.js';
import { firstNumber, smallBytes } from '../body.js';
import { deliveryMs, exact, rate } from '../exact.js';
import { spent } from '../spent.js';

/** The longest time that a handler takes, in ms. */
const longestMs = 3;

/**
 * Handlers that take 0 to 3 ms, as real ones do: then messages are not settled together. What a fleet pays for
 * is the processor time of both sides, which a noisy machine disturbs least.
 */
export const handlersOf100 = handlers(100, 300_000, { client: 0.08, server: 0.02, rate: 8 });
export const handlersOf10 = handlers(10, 100_000, { client: 0.18, server: 0.1 });

function handlers(
  concurrency: number,
  most: number,
  goals: { client: number; server: number; rate?: number },
): Benchmark {
  const name = `handlers-${concurrency}`;
  const title = `${concurrency} handlers of 0 to ${longestMs} ms`;
  const processor = (side: string, atMost: number): Measure => ({
    name: `${name}-${side}`,
    title: `${title}, processor time of the ${side} per message`,
    how: 'Of its whole process, from the start of the consumer until it has stopped.',
    unit: 'µs',
    better: 'lower',
    goals: [{ atMost, peer: 'bullmq' }],
  });
  const consumed: Measure = {
    name,
    title: `consume, ${title}`,
    how: 'Each handler waits for a timer of a random time.',
    unit: 'messages/s',
    better: 'higher',
    goals: goals.rate ? [{ atLeast: goals.rate, peer: 'bullmq' }] : [],
  };
  return {
    name,
    kind: 'queue',
    subjects: ['redpost', 'bullmq', 'bee-queue'],
    withAof: false,
    measures: [consumed, processor('client', goals.client), processor('server', goals.server)],
    messages: { most },

    async run({ producer, consumer, redis, messages: count }) {
      const numbers = { first: firstNumber, count };
      await producer.ask('sendBatches', { ...numbers, bytes: smallBytes, size: 500 });
      const { result, clientUs, serverUs } = await spent(redis, consumer, async () => {
        await consumer.ask('consume', { ...numbers, concurrency, handlerMs: longestMs });
        return exact(await consumer.ask('delivered'), count);
      });
      const ms = deliveryMs(result);
      return {
        figures: {
          [name]: rate(count - 1, ms),
          [`${name}-client`]: clientUs / count,
          [`${name}-server`]: serverUs / count,
        },
        ms,
      };
    },
  };
}
