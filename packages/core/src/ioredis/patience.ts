import type { Redis } from 'ioredis';
import { clearTimeout, setTimeout } from '../runtime/timers.js';
import { isCluster } from './cluster-slot.js';
import type { Client } from './target.js';
import { timerMs } from './timer-ms.js';

/** How long nothing may arrive before what is overdue is given up, in ms. */
const longestSilenceMs = 2000;

/**
 * Calls back at the deadline (by `performance.now()`), or later when the client's sockets have been silent
 * for a while. It looks at what was read only shortly before the deadline: most answers come sooner.
 *
 * @returns what ends it.
 */
export function whenSilent(client: Client, deadline: number, callBack: () => void): () => void {
  const untilDeadline = timerMs(deadline);
  const silentMs = Math.min(longestSilenceMs, untilDeadline / 2);
  let timer = setTimeout(() => check(bytesReadBy(client)), untilDeadline - silentMs);
  const check = (before: number) => {
    timer = setTimeout(() => {
      const now = bytesReadBy(client);
      if (now > before) check(now);
      else callBack();
    }, silentMs);
  };
  return () => clearTimeout(timer);
}

/** How many bytes have come, of a Cluster from all nodes together. */
function bytesReadBy(client: Client): number {
  return nodesOf(client).reduce((sum, { stream }) => sum + (stream?.bytesRead ?? 0), 0);
}

/** The clients of single servers that this one consists of. */
export function nodesOf(client: Client): Redis[] {
  return isCluster(client) ? client.nodes('all') : [client];
}
