import { type CallOptions, type Connection, isRedpostError } from '@redpost/core';
import { NameTakenError } from './errors.js';
import { celeryMarker, isTaken, type Marker, markersOf } from './markers.js';

/** A call that waits. */
interface Place {
  /** Set when it may go on. */
  goOn: (() => void) | undefined;
}

/**
 * Asks, before a queue sends or takes its first message, whether the list of this name is another system's. Later calls cost
 * nothing.
 */
export class FirstUse {
  readonly #connection: Connection;
  readonly #name: string;
  #isAllowed: boolean;
  /** Calls that have asked, in their order. Each goes on when those before it do. */
  readonly #places: Place[] = [];

  /** @param isAllowed true for a queue that may use any list. */
  constructor(connection: Connection, name: string, isAllowed: boolean) {
    this.#connection = connection;
    this.#name = name;
    // In a Cluster, keys of these systems have braces, and names of queues have none.
    this.#isAllowed = isAllowed || connection.isCluster;
  }

  /** True when it is known to be free, and no earlier call waits for that. */
  get isOver(): boolean {
    return this.#isAllowed && this.#places.length === 0;
  }

  /**
   * Calls `use` when the name is free. Calls keep their order.
   *
   * @throws NameTakenError, or what Redis says when it cannot be asked.
   */
  before<Result>(options: CallOptions, use: () => Promise<Result>): Promise<Result> {
    return this.isOver ? use() : this.#ask(options, use);
  }

  #ask<Result>(options: CallOptions, use: () => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const place: Place = { goOn: undefined };
      this.#places.push(place);
      this.#check(options).then(
        () => {
          this.#isAllowed = true;
          place.goOn = () => resolve(use());
          this.#goOn();
        },
        (error) => {
          this.#places.splice(this.#places.indexOf(place), 1);
          reject(error);
          this.#goOn();
        },
      );
    });
  }

  /** Answers that have come together may be read in another order than they were asked in. */
  #goOn(): void {
    for (let first = this.#places[0]; first?.goOn; first = this.#places[0]) {
      this.#places.shift();
      first.goOn();
    }
  }

  async #check({ timeoutMs, line }: CallOptions): Promise<void> {
    await Promise.all(
      this.#markers().map(async (marker) => {
        if (await this.#has(marker, { timeoutMs, line })) throw this.#taken(marker);
      }),
    );
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
      // The key is something else, or the user may not ask: the queue works as well without an answer.
      if (isRedpostError(error, 'SERVER')) return false;
      throw error;
    }
  }

  #taken({ system, key }: Marker): NameTakenError {
    const { address, database } = this.#connection;
    return new NameTakenError({ queue: this.#name, system, key, database, address });
  }
}
