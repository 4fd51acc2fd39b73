import type { Redis } from 'ioredis';
import { dateNow, performance, setImmediate } from '../runtime/timers.js';
import { nodesOf, Patience } from './patience.js';
import type { Client } from './target.js';

export interface DoubtOptions {
  /** How long a server may take to answer, in ms. */
  withinMs: number;
  /** Cuts the socket of one that does not. */
  cut: (node: Redis) => void;
}

/**
 * Whether the other end of a socket is still there, after this process stood still: it is asked, and has
 * to answer soon.
 */
export class Doubt {
  readonly #options: DoubtOptions;
  /** How long the server may rightly be silent, in ms, and since when by `Date.now()`. */
  #occupied = { since: 0, forMs: 0 };

  constructor(options: DoubtOptions) {
    this.#options = options;
  }

  /** The next command may keep the server silent for this long, in ms: a read that blocks, or `WAIT`. */
  occupy(forMs: number): void {
    const since = dateNow();
    const before = this.#occupied;
    if (since + forMs > before.since + before.forMs) this.#occupied = { since, forMs };
  }

  /** Resolves when every server of this client has answered, to true, or when its socket is closed. */
  async dispel(client: Client): Promise<boolean> {
    const answers = nodesOf(client).map((node) => this.#ask(node));
    return !(await Promise.all(answers)).includes(false);
  }

  async #ask(node: Redis): Promise<boolean> {
    if (node.status !== 'ready') return true;
    let isOver = false;
    let isThere = true;
    const cut = () => {
      if (isOver) return;
      isThere = false;
      this.#options.cut(node);
    };
    const deadline = performance.now() + this.#occupiedMs + this.#options.withinMs;
    // If the process stood still again, the answer may be there without having been read.
    const patience = new Patience(deadline, () => setImmediate(cut), node);
    // Any answer will do, also a refusal. When the socket is cut, that is the answer.
    await node.callBuffer('PING').catch(ignore);
    isOver = true;
    patience.end();
    return isThere;
  }

  /** For how long the server may still be silent. The clock may have been set since. */
  get #occupiedMs(): number {
    const { since, forMs } = this.#occupied;
    return Math.min(Math.max(0, since + forMs - dateNow()), forMs);
  }
}

function ignore(): void {}
