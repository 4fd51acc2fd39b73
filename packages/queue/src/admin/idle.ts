import type { Partitions } from '../partitions/partitions.js';
import { readStats } from './queue-stats.js';

/** True when nothing is pending, active or delayed. */
export async function areIdle(partitions: Partitions): Promise<boolean> {
  const all = await Promise.all((await partitions.all()).map(readStats));
  return all.every(({ pending, active, delayed }) => pending + active + delayed === 0);
}
