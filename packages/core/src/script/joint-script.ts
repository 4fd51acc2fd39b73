import type { Connection } from '../connection/connection.js';
import { sharedConnection } from '../connection/key-owner.js';
import { TickBatch } from '../sending/batch.js';
import type { Script } from './script.js';

interface Waiting<Input, Result> {
  readonly input: Input;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/** How many share one call at most: for so long nobody else is served. */
const most = 64;

/**
 * A script that does the same for many. All who run it on a connection in one tick of the event loop share few calls. In a
 * Cluster each has a call of its own, because the keys of a call have to be in one slot.
 */
export class JointScript<Input, Result> {
  readonly #script: Script<readonly Input[], readonly Result[]>;
  readonly #batches = new WeakMap<Connection, TickBatch<Waiting<Input, Result>>>();

  /** @param script answers with one result for each input. */
  constructor(script: Script<readonly Input[], readonly Result[]>) {
    this.#script = script;
  }

  /** Resolves to the result of this input. Rejects when the call has failed, also because of another input. */
  run(connection: Connection, input: Input): Promise<Result> {
    const batch = this.#batchOf(sharedConnection(connection));
    return new Promise((resolve, reject) => batch.add({ input, resolve, reject }, 0));
  }

  #batchOf(connection: Connection): TickBatch<Waiting<Input, Result>> {
    const known = this.#batches.get(connection);
    if (known) return known;
    const limits = { count: connection.isCluster ? 1 : most, bytes: Number.POSITIVE_INFINITY };
    const batch = new TickBatch<Waiting<Input, Result>>(limits, (waiting) => {
      void this.#call(connection, waiting);
    });
    this.#batches.set(connection, batch);
    return batch;
  }

  async #call(connection: Connection, waiting: readonly Waiting<Input, Result>[]): Promise<void> {
    try {
      const inputs = waiting.map(({ input }) => input);
      const results = await connection.run(this.#script, inputs);
      for (const [at, { resolve }] of waiting.entries()) resolve(results[at] as Result);
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}
