import type { Redis } from 'ioredis';
import { clearTimeout, setTimeout } from '../runtime/timers.js';
import { isCluster } from './cluster-slot.js';
import type { Client } from './target.js';
import { timerMs } from './timer-ms.js';

/** How long a socket has to be silent before an overdue call is given up, in ms. */
const longestSilenceMs = 2000;

/**
 * Calls back at the deadline (by `performance.now()`): where a client is given, not before its sockets have
 * been silent for a while. It looks at what was read only shortly before the deadline: most answers come
 * sooner.
 */
export class Patience {
  readonly #client: Client | undefined;
  readonly #silentMs: number;
  readonly #callBack: () => void;
  #timer: NodeJS.Timeout;

  constructor(deadline: number, callBack: () => void, client?: Client) {
    const untilDeadline = timerMs(deadline);
    this.#client = client;
    this.#callBack = callBack;
    this.#silentMs = client ? Math.min(longestSilenceMs, untilDeadline / 2) : 0;
    this.#timer = setTimeout(() => this.#watch(), untilDeadline - this.#silentMs);
  }

  /** The call was answered, or is no longer waited for. */
  end(): void {
    clearTimeout(this.#timer);
  }

  #watch(): void {
    const client = this.#client;
    if (!client) {
      this.#callBack();
      return;
    }
    const before = bytesReadBy(client);
    this.#timer = setTimeout(() => {
      if (bytesReadBy(client) > before) this.#watch();
      else this.#callBack();
    }, this.#silentMs);
  }
}

/** How many bytes have come, of a Cluster from all nodes together. */
function bytesReadBy(client: Client): number {
  return nodesOf(client).reduce((sum, { stream }) => sum + (stream?.bytesRead ?? 0), 0);
}

/** The clients of single servers that this one consists of. */
export function nodesOf(client: Client): Redis[] {
  return isCluster(client) ? client.nodes('all') : [client];
}
