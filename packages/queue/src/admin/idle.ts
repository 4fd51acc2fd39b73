import type { QueueContext } from '../context.js';
import { readStats } from './queue-stats.js';

/** True when nothing is pending, active or delayed. */
export async function isIdle(context: QueueContext): Promise<boolean> {
  const { pending, active, delayed } = await readStats(context);
  return pending + active + delayed === 0;
}
