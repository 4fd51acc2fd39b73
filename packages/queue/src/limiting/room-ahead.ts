import { performance } from '@redpost/core/consuming';

/** So many consumers may take as many messages ahead, and each still finds room for those that it starts at once. */
const consumers = 8;
/** In less room than this, nothing is taken ahead. */
const leastRoom = 100;
/** After it had to return what it had taken ahead, a consumer takes nothing ahead for so long, in ms. */
const quietMs = 100;

/**
 * How many messages a consumer of a limited queue may take ahead of its handlers: a part of what the limits leave room
 * for, so that none of them is reached because of messages that wait while other consumers are idle. Each answer of
 * Redis says how much room there is. Where there is little, nothing is taken ahead.
 */
export class RoomAhead {
  #most = 0;
  #quietUntil = Number.NEGATIVE_INFINITY;

  /** How many messages may be taken ahead now. */
  get most(): number {
    return this.#most;
  }

  /**
   * There is room for so many more messages, over all consumers. Returns true when those that were taken ahead are to be
   * returned.
   */
  found(room: number): boolean {
    const now = performance.now();
    const before = this.#most;
    this.#most = room < leastRoom || now < this.#quietUntil ? 0 : Math.floor(room / consumers);
    if (before === 0 || this.#most > 0) return false;
    this.#quietUntil = now + quietMs;
    return true;
  }

  /** How much room there is is not known. */
  reset(): void {
    this.#most = 0;
  }
}
