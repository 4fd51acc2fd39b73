import { ConnectionError, type SubscriptionSocket } from '@redpost/core';
import { clearTimeout, performance, setTimeout } from '@redpost/core/consuming';

export interface ReadingPauseOptions {
  socket: SubscriptionSocket;
  /** How many messages may wait before reading stops. It continues at half of that. */
  maxBuffered: number;
  /** How long reading may stop, in ms, before the connection is cut. */
  maxPauseMs: number;
  onPaused: (buffered: number) => void;
  onUnpaused: (pausedMs: number) => void;
}

/** Stops reading from a subscription's own socket while too many messages wait. */
export class ReadingPause {
  readonly #options: ReadingPauseOptions;
  #since: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ReadingPauseOptions) {
    this.#options = options;
  }

  get isPaused(): boolean {
    return this.#since !== undefined;
  }

  /** Called with the number of waiting messages whenever it has changed. */
  check(buffered: number): void {
    const { socket, maxBuffered, maxPauseMs, onPaused } = this.#options;
    if (this.#since === undefined) {
      if (buffered < maxBuffered) return;
      this.#since = performance.now();
      socket.pause();
      this.#timer = setTimeout(() => this.#giveUp(), maxPauseMs).unref();
      onPaused(buffered);
    } else if (buffered <= maxBuffered / 2) this.end();
  }

  /** Continues reading, even if many messages wait: the confirmation on a new socket has to be read. */
  end(): void {
    if (this.#since === undefined) return;
    clearTimeout(this.#timer);
    const pausedMs = performance.now() - this.#since;
    this.#since = undefined;
    this.#options.socket.resume();
    this.#options.onUnpaused(pausedMs);
  }

  /** Not every server closes the connection when its output becomes too large. */
  #giveUp(): void {
    const { socket, maxPauseMs } = this.#options;
    const message = `The subscription has not read on for ${maxPauseMs} ms (maxPauseMs), so its connection was closed, and the messages that waited in Redis are lost. Read faster, or raise maxPauseMs`;
    socket.cut(new ConnectionError(message, { outcome: 'unknown' }));
  }
}
