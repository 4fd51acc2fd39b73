import { performance } from '../runtime/timers.js';
import type { Client } from './target.js';

/** How long a client is kept away from it, in ms: by then it has been told to follow the new primary, and refuses writes. */
const longestMs = 15_000;

/**
 * A primary that was replaced by another one. A client of the caller's asks the Sentinels that it knows where to connect, and one
 * that was not in charge of the failover may still name the old primary, which confirms writes that are thrown away.
 */
export class FormerPrimary {
  readonly #address: string;
  readonly #until = performance.now() + longestMs;

  /** @param address see {@link serverOf}. */
  constructor(address: string) {
    this.#address = address;
  }

  /** Whether the client has come back to it. */
  serves(client: Client): boolean {
    return performance.now() < this.#until && serverOf(client) === this.#address;
  }
}

/** The address at the other end of the client's socket; undefined where there is none. */
export function serverOf(client: Client): string | undefined {
  const { remoteAddress, remotePort } = ('stream' in client && client.stream) || {};
  return remoteAddress && `${remoteAddress} ${remotePort}`;
}
