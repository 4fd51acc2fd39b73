import { type CallOptions, type Connection, isRedpostError, type ServerError } from '@redpost/core';
import { NameTakenError } from './errors.js';
import { celeryMarker, isTaken, type Marker, markersOf } from './markers.js';

/**
 * Asks, before a queue sends or takes its first message, whether the list of this name is another system's. Later calls cost
 * nothing.
 */
export class FirstUse {
  readonly #connection: Connection;
  readonly #name: string;
  #isAllowed: boolean;
  #asking = 0;

  /** @param isAllowed true for a queue that may use any list. */
  constructor(connection: Connection, name: string, isAllowed: boolean) {
    this.#connection = connection;
    this.#name = name;
    // In a Cluster, keys of these systems have braces, and names of queues have none.
    this.#isAllowed = isAllowed || connection.isCluster;
  }

  /** True when it is known to be free, and no earlier call waits for that. */
  get isOver(): boolean {
    return this.#isAllowed && this.#asking === 0;
  }

  /**
   * Calls `use` when the name is free. Calls keep their order.
   *
   * @throws NameTakenError, or what Redis says when it cannot be asked.
   */
  before<Result>(options: CallOptions, use: () => Promise<Result>): Promise<Result> {
    return this.isOver ? use() : this.#ask(options, use);
  }

  async #ask<Result>(
    { timeoutMs, line }: CallOptions,
    use: () => Promise<Result>,
  ): Promise<Result> {
    this.#asking += 1;
    try {
      await Promise.all(
        this.#markers().map(async (marker) => {
          if (await this.#has(marker, { timeoutMs, line })) throw this.#taken(marker);
        }),
      );
      this.#isAllowed = true;
    } finally {
      this.#asking -= 1;
    }
    return use();
  }

  #markers(): Marker[] {
    const markers = markersOf(this.#name);
    // A user of its own may have no right to that key, and each denied command is one that its operator has to explain.
    const isDefaultUser = ['default', undefined].includes(this.#connection.username);
    return isDefaultUser ? [...markers, celeryMarker(this.#name)] : markers;
  }

  async #has({ command, args }: Marker, options: CallOptions): Promise<boolean> {
    try {
      return isTaken(await this.#connection.call(command, args, options));
    } catch (error) {
      if (isRedpostError(error, 'SERVER') && tellsNothing.has((error as ServerError).reply)) {
        return false;
      }
      throw error;
    }
  }

  #taken({ system, key }: Marker): NameTakenError {
    const { address, database } = this.#connection;
    return new NameTakenError({ queue: this.#name, system, key, database, address });
  }
}

/** The key is something else, or the user may not read it. */
const tellsNothing: ReadonlySet<string | undefined> = new Set(['WRONGTYPE', 'NOPERM']);
