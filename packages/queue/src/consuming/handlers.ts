import type { HandlerPoolHost, Lease } from '@redpost/core/consuming';
import type { ConsumedLists } from './consumed-lists.js';
import type { HeldDelivery } from './delivery.js';

/** The consumer, as its handlers know it. */
export interface HandlersHost<Body> extends HandlerPoolHost<HeldDelivery<Body>> {
  /** Where its messages come from. */
  readonly lists: ConsumedLists<Body>;
}

/** Handles what a consumer has taken: a `HandlerPool`, or what stands in front of one. */
export interface Handlers<Body> {
  /** How many more messages it has use for. */
  readonly free: number;
  /** The same of messages of one session, where these are not handled together with others. */
  freeFor?(session: Lease): number;
  /** How many handlers have nothing to do: where messages may wait for others of their key. */
  readonly idle?: number;
  /** How many of the messages that it has use for are for later, when handlers have become free. */
  readonly reserve?: number;
  /** A round trip to Redis takes so long, in ms. */
  roundTrip?(ms: number): void;
  /** True when one of these handlers is what runs now, or awaits it. */
  readonly isCaller: boolean;
  /** Takes them in, and starts as many handlers as it may. */
  accept(deliveries: readonly HeldDelivery<Body>[]): void;
  /** The queue was found empty. @param isGated what it has may not be taken now. */
  drained?(isGated: boolean): void;
  /** A lease was renewed: starts what had to wait for that. */
  goOn(): void;
  /** Starts no more handlers. */
  stop(): void;
  /** Starts no more handlers until `resume()`. */
  pause(): void;
  /** Starts handlers again. */
  resume(): void;
  /** Has use for none ahead, until a handler has finished. */
  stall(): void;
  /** How many it may have use for ahead at most, from now on. */
  leaseAhead(most: number): void;
  /** Removes and returns all that was not started. */
  removeWaiting(): HeldDelivery<Body>[];
  /** Resolves when no handler runs. */
  done(): Promise<void>;
}

/** Creates the handlers of a consumer. */
export type CreateHandlers<Body> = (host: HandlersHost<Body>) => Handlers<Body>;
