import type { QueueContext } from '../context.js';
import { consumersScript, type QueueConsumerInfo } from '../scripts/consumers.js';

/** Tells of each consumer that holds a lease. Costs the same for any depth of the queue. */
export function readConsumers({ connection, keys }: QueueContext): Promise<QueueConsumerInfo[]> {
  return connection.run(consumersScript, { keys });
}
