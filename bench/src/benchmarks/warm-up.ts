import type { Run } from '../benchmark.js';
import { firstNumber, smallBytes } from '../body.js';

/** As many of the messages are handled before the processor time is counted: a start is paid once, a message always. */
export const warmUpShare = 0.2;

/** Sends so many messages, starts the consumer, and resolves when that share of them is handled: to how many those are. */
export async function warmUp(
  { producer, consumer, messages: count }: Pick<Run, 'producer' | 'consumer' | 'messages'>,
  handlers: { concurrency: number; handlerMs: number },
): Promise<number> {
  const numbers = { first: firstNumber, count };
  const warm = Math.floor(count * warmUpShare);
  await producer.ask('sendBatches', { ...numbers, bytes: smallBytes, size: 500 });
  await consumer.ask('consume', { ...numbers, ...handlers });
  await consumer.ask('handled', { count: warm });
  return warm;
}
