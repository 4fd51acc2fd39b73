import type { Run } from '../benchmark.js';
import { firstNumber, smallBytes } from '../body.js';
import { exact } from '../exact.js';

/** How far publishers may be ahead: less than any server buffers before it drops a subscriber. */
const window = 20_000;

/** What publishers do, in words. */
export const publishing = `1000 concurrent callers publish ${smallBytes}-byte bodies to one subscriber, at most ${window.toLocaleString('en')} ahead of it`;

/**
 * Publishes messages to one channel, until its subscriber has all of them.
 *
 * @returns how long that took, from the first call to the last message received, and the processor time of the subscriber.
 */
export async function publishToOne(run: Run): Promise<{ ms: number; subscriberCpuMs: number }> {
  const { producer, consumer, messages: count } = run;
  const numbers = { first: firstNumber, count };
  consumer.onProgress = (received) => void producer.ask('progress', { received });

  await consumer.ask('subscribe', numbers);
  const before = (await consumer.ask('cpu')).ms;
  const publish = { ...numbers, bytes: smallBytes, callers: 1000, window };
  const { startedAtNs } = await producer.ask('publish', publish);
  const { lastAtNs } = exact(await consumer.ask('delivered'), count);
  const subscriberCpuMs = (await consumer.ask('cpu')).ms - before;
  return { ms: (lastAtNs - startedAtNs) / 1e6, subscriberCpuMs };
}
