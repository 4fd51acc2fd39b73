import type { Benchmark, Found, Measure, Run } from '../benchmark.js';
import { firstNumber } from '../body.js';
import { deliveryMs, exact, rate } from '../exact.js';

export interface Throughput {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly bytes: number;
  /** Messages per call; 1 sends each by itself, with 100 callers. */
  readonly batch: number;
  readonly concurrency: number;
  readonly most: number;
  readonly send: Measure;
  readonly consume: Measure;
}

/** Fills a queue, then empties it: one rate for each. */
export function throughput(options: Throughput): Benchmark {
  const { name, subjects, most, send, consume } = options;
  return {
    name,
    kind: 'queue',
    subjects,
    withAof: true,
    measures: [send, consume],
    messages: { most },
    run: (run) => fillAndEmpty(options, run),
  };
}

async function fillAndEmpty(options: Throughput, run: Run): Promise<Found> {
  const { bytes, batch, concurrency, send, consume } = options;
  const { producer, consumer, messages: count } = run;
  const numbers = { first: firstNumber, count };

  const sent =
    batch > 1
      ? await producer.ask('sendBatches', { ...numbers, bytes, size: batch })
      : await producer.ask('send', { ...numbers, bytes, callers: 100 });

  await consumer.ask('consume', { ...numbers, concurrency });
  const ms = deliveryMs(exact(await consumer.ask('delivered'), count));
  return {
    figures: { [send.name]: rate(count, sent.ms), [consume.name]: rate(count - 1, ms) },
    ms: Math.max(sent.ms, ms),
  };
}
