import type { Benchmark, Goal, Measure } from '../benchmark.js';
import { deliveryMs, exact, rate } from '../exact.js';
import { spent } from '../spent.js';
import { warmUp, warmUpShare } from './warm-up.js';

interface Work {
  readonly name: string;
  readonly concurrency: number;
  /** The longest time that a handler takes, in ms. */
  readonly longestMs: number;
  readonly most: number;
  /** The first is redpost's. */
  readonly subjects: readonly string[];
  readonly goals: {
    readonly client?: number;
    readonly server?: number;
    readonly rate?: number;
    readonly share?: number;
  };
}

const queues = ['redpost', 'bullmq', 'bee-queue'];
const topics = ['redpost-topic', 'ioredis-topic'];

/**
 * Handlers that take some ms, as real ones do: then messages are not settled together. What a fleet pays for
 * is the processor time of both sides, which a noisy machine disturbs least.
 */
export const handlers: readonly Benchmark[] = [
  handlersOf({
    name: 'handlers-100',
    concurrency: 100,
    longestMs: 3,
    most: 300_000,
    subjects: queues,
    goals: { client: 0.08, server: 0.02, rate: 8 },
  }),
  handlersOf({
    name: 'handlers-10',
    concurrency: 10,
    longestMs: 3,
    most: 100_000,
    subjects: queues,
    goals: { client: 0.18, server: 0.1, share: 0.95 },
  }),
  ...[10, 50].flatMap((longestMs) =>
    [1000, 100, 10].map((concurrency) =>
      handlersOf({
        name: `handlers-${concurrency}-${longestMs}-ms`,
        concurrency,
        longestMs,
        most: 200_000,
        subjects: queues,
        goals: {},
      }),
    ),
  ),
  handlersOf({
    name: 'topic-handlers-100',
    concurrency: 100,
    longestMs: 3,
    most: 300_000,
    subjects: topics,
    goals: {},
  }),
  handlersOf({
    name: 'topic-handlers-10',
    concurrency: 10,
    longestMs: 3,
    most: 100_000,
    subjects: topics,
    goals: {},
  }),
];

function handlersOf(work: Work): Benchmark {
  const { name, concurrency, longestMs, most, subjects, goals } = work;
  const isTopic = subjects === topics;
  const title = `${isTopic ? 'records of a topic, ' : ''}${concurrency} handlers of 0 to ${longestMs} ms`;
  const processor = (side: 'client' | 'server'): Measure => ({
    name: `${name}-${side}`,
    title: `${title}, processor time of the ${side} per message`,
    how: `Of its whole process, from when ${warmUpShare * 100} % of the messages are handled until the consumer has stopped.`,
    unit: 'µs',
    better: 'lower',
    goals: atMost(goals[side]),
  });
  return {
    name,
    kind: 'queue',
    subjects,
    withAof: false,
    measures: [
      {
        name,
        title: `consume, ${title}`,
        how: 'Each handler waits for a timer of a random time.',
        unit: 'messages/s',
        better: 'higher',
        goals: goals.rate ? [{ atLeast: goals.rate, peer: 'bullmq' }] : [],
      },
      {
        name: `${name}-share`,
        title: `${title}, rate ÷ what such handlers do without a queue`,
        how: 'Right after it, the same process calls the handler without a queue, as many at a time.',
        unit: 'ratio',
        better: 'higher',
        goals: goals.share ? [{ atLeast: goals.share }] : [],
      },
      processor('client'),
      processor('server'),
    ],
    messages: { most },

    async run(run) {
      const { consumer, redis, messages: count } = run;
      const warm = await warmUp(run, { concurrency, handlerMs: longestMs });
      const { result, clientUs, serverUs } = await spent(redis, consumer, async () =>
        exact(await consumer.ask('delivered'), count),
      );
      const ms = deliveryMs(result);
      const alone = await consumer.ask('alone', { concurrency, handlerMs: longestMs });
      return {
        figures: {
          [name]: rate(count - 1, ms),
          [`${name}-share`]: rate(count - 1, ms) / alone.perSecond,
          [`${name}-client`]: clientUs / (count - warm),
          [`${name}-server`]: serverUs / (count - warm),
        },
        ms,
      };
    },
  };
}

function atMost(goal: number | undefined): Goal[] {
  return goal === undefined ? [] : [{ atMost: goal, peer: 'bullmq' }];
}
