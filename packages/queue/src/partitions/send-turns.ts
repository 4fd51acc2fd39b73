import { nextTick } from '@redpost/core/consuming';

/** How many messages of a tick go to one partition, one after the other: as many as one command has. */
const inOneTurn = 64;

/** Which partition is next for messages that may go to any: those of a tick stay together, so that they are few commands. */
export class SendTurns {
  readonly #begins: () => void;
  #last = Math.floor(Math.random() * inOneTurn);
  #left = 0;

  /** @param begins called at the beginning of each turn. */
  constructor(begins: () => void) {
    this.#begins = begins;
  }

  next(partitions: number): number {
    if (this.#left === 0) {
      this.#last += 1;
      this.#left = inOneTurn;
      nextTick(() => {
        this.#left = 0;
      });
      this.#begins();
    }
    this.#left -= 1;
    return this.#last % partitions;
  }
}
