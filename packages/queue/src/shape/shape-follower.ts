import { asError } from '@redpost/core';
import { pause, Rerun } from '@redpost/core/consuming';
import type { ListStore } from '../store/list-store.js';
import { plain, type Shape } from './shape.js';

/** The consumer that complies with the shape. */
export interface Shaped {
  /** This is the shape now: what is taken from now on must comply with it. */
  reshape(shape: Shape): void;
  /** Does what else follows from the shape. Resolves when it is in force here. */
  putInForce(shape: Shape): Promise<void>;
  /** Renews the lease, which tells Redis what is in force. */
  renew(): Promise<boolean>;
  /** Others have what it held, and it has another name from now on. */
  lost(): void;
  failed(error: Error): void;
}

/** How soon to read the shape again when that failed, in ms. */
const againMs = 250;

/**
 * Keeps one consumer in step with the shape of its queue. Each hint that there is another one (a signal, a
 * heartbeat, a refused lease) lets it read the shape. The newest one is put in force, which may take time, because
 * messages have to be returned; meanwhile another one may come, and is known at once.
 */
export class ShapeFollower {
  readonly #store: ListStore;
  readonly #shaped: Shaped;
  readonly #reading = new Rerun(() => this.#read());
  readonly #applying = new Rerun(() => this.#apply());
  #known = plain;
  /** Its version; undefined before the first one. */
  #inForce: string | undefined;
  #hasEnded = false;

  constructor(store: ListStore, shaped: Shaped) {
    this.#store = store;
    this.#shaped = shaped;
  }

  /** The lease is taken. @param version of the shape that there was then. */
  start(version: string): void {
    if (version === plain.version) this.#applying.ask();
    else this.check();
  }

  /** A heartbeat has told this version. */
  heard(version: string): void {
    if (version !== this.#known.version) this.check();
  }

  /** There may be another shape. */
  check(): void {
    this.#reading.ask();
  }

  /** Follows no more. */
  end(): void {
    this.#hasEnded = true;
  }

  async #read(): Promise<void> {
    if (this.#hasEnded) return;
    let shape: Shape | undefined;
    try {
      shape = await this.#store.shape();
    } catch (error) {
      if (!this.#hasEnded) this.#shaped.failed(asError(error));
      this.#reading.ask();
      await pause(againMs, undefined, { ref: false });
      return;
    }
    if (this.#hasEnded) return;
    if (!shape) {
      this.#shaped.lost();
      return;
    }
    this.#known = shape;
    this.#shaped.reshape(shape);
    this.#applying.ask();
  }

  async #apply(): Promise<void> {
    const { version } = this.#known;
    if (this.#hasEnded || version === this.#inForce) return;
    try {
      await this.#shaped.putInForce(this.#known);
      this.#inForce = version;
      this.#store.confirmShape(version);
      await this.#shaped.renew();
    } catch (error) {
      // The next heartbeat confirms it, too.
      if (!this.#hasEnded) this.#shaped.failed(asError(error));
    }
  }
}
