import type { QueueContext } from '../context.js';

/** The session of a consumer, to which messages were cancelled. */
export interface CancellationsHost {
  readonly consumer: string;
  /** These receipts are no longer held, for these reasons. */
  cancelled(reasons: ReadonlyMap<number, string>): void;
  /** They could not be read: the next beat tells again that there are some. */
  failed(error: Error): void;
}

/** What Redis keeps for a consumer until it knows which of its messages were cancelled. */
export class Cancellations {
  readonly #context: QueueContext;
  readonly #host: CancellationsHost;
  /** The last call, and the one that has not begun. */
  #last: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(context: QueueContext, host: CancellationsHost) {
    this.#context = context;
    this.#host = host;
  }

  /** Learns of all there are, each once. @throws what Redis answers. */
  read(): Promise<void> {
    this.#next ??= this.#last
      .catch(() => {})
      .then(() => {
        this.#next = undefined;
        return this.#read();
      });
    this.#last = this.#next;
    return this.#next;
  }

  async #read(): Promise<void> {
    const { connection, keys } = this.#context;
    const key = keys.cancelled(this.#host.consumer);
    const fields = (await connection.call('HGETALL', [key])) as Buffer[];
    const reasons = new Map<number, string>();
    for (let at = 0; at < fields.length; at += 2) {
      reasons.set(Number(String(fields[at])), String(fields[at + 1]));
    }
    if (reasons.size === 0) return;
    this.#host.cancelled(reasons);
    await connection.call('HDEL', [key, ...reasons.keys()]);
  }
}
