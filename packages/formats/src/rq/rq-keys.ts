/** The keys of RQ. They are in several slots: RQ does not use Redis Cluster. Source: rq/job.py, rq/queue.py, rq/registry.py, rq/results.py. */

/** SET of the keys of all queues. */
export const queuesKey = 'rq:queues';

/** LIST of the ids of the jobs of a queue. Producers push on the right, workers take from the left. */
export function listOf(queue: string): string {
  return `rq:queue:${queue}`;
}

/** HASH of a job. */
export function jobKey(id: string): string {
  return `rq:job:${id}`;
}

/** SET of the ids of the jobs that wait for this one. */
export function dependentsKey(id: string): string {
  return `${jobKey(id)}:dependents`;
}

/** SET of the ids of the jobs that this one waits for. */
export function dependenciesKey(id: string): string {
  return `${jobKey(id)}:dependencies`;
}

/** STREAM of what has become of a job. */
export function resultsKey(id: string): string {
  return `rq:results:${id}`;
}

/** ZSET of the ids of the jobs of a queue that have ended, or wait for others. */
export function registryKey(kind: 'finished' | 'failed' | 'deferred', queue: string): string {
  return `rq:${kind}:${queue}`;
}
