import type { SubscriptionSocket } from '@redpost/core';

export interface ReadingPauseOptions {
  socket: SubscriptionSocket;
  /** How many messages may wait before reading stops; it goes on at half of that. */
  maxBuffered: number;
  onPaused: (buffered: number) => void;
  onUnpaused: (pausedMs: number) => void;
}

/** Stops reading from a subscription's own socket while too much waits to be read. */
export class ReadingPause {
  readonly #options: ReadingPauseOptions;
  #since: number | undefined;

  constructor(options: ReadingPauseOptions) {
    this.#options = options;
  }

  get isPaused(): boolean {
    return this.#since !== undefined;
  }

  /** Called with how many messages wait, whenever that has changed. */
  check(buffered: number): void {
    const { socket, maxBuffered, onPaused } = this.#options;
    if (this.#since === undefined) {
      if (buffered < maxBuffered) return;
      this.#since = performance.now();
      socket.pause();
      onPaused(buffered);
    } else if (buffered <= maxBuffered / 2) this.end();
  }

  /** Goes on reading, however much waits: a new socket has to be read until it is known to be full. */
  end(): void {
    if (this.#since === undefined) return;
    const pausedMs = performance.now() - this.#since;
    this.#since = undefined;
    this.#options.socket.resume();
    this.#options.onUnpaused(pausedMs);
  }
}
