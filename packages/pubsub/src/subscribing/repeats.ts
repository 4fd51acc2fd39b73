import type { ReceivedMessage } from '../message/message.js';

/**
 * Recognises the copies of one message that match several patterns. Redis sends them one directly after the
 * other, each by another pattern: so a message equal to the one before it is a copy as long as its pattern is
 * new. When a pattern repeats, the message was published again.
 */
export class Repeats {
  #channel = '';
  #payload: Buffer | undefined;
  readonly #patterns = new Set<string | undefined>();

  /** True for a copy of the message before. */
  includes({ channel, pattern, payload }: ReceivedMessage): boolean {
    const { bytes } = payload;
    const isEqual = channel === this.#channel && this.#payload?.equals(bytes) === true;
    if (isEqual && !this.#patterns.has(pattern)) {
      this.#patterns.add(pattern);
      return true;
    }
    this.#channel = channel;
    this.#payload = bytes;
    this.#patterns.clear();
    this.#patterns.add(pattern);
    return false;
  }

  /** The next message is not a copy: further copies of the previous message were lost with the socket. */
  forget(): void {
    this.#payload = undefined;
    this.#patterns.clear();
  }
}
