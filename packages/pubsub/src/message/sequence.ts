import { randomBytes } from 'node:crypto';
import type { Slice } from '@redpost/core';

/** The beginning of a sequenced message. */
const mark = '\u0001s';
const comma = 0x2c;
/** Publishers of redpost have no longer names. */
const longestHead = 80;

/** The number of a message among those that one publisher sent to one channel. */
export interface Sequenced {
  readonly publisher: string;
  /** 1 for the first message. */
  readonly sequence: number;
  readonly payload: Slice;
}

/** How many channels keep their numbers: the most recently used ones. Others start again. */
const rememberedChannels = 10_000;

/** Numbers the published messages, so that subscribers notice missing ones. */
export class Sequencer {
  readonly #id = randomBytes(9).toString('base64url');
  readonly #channels = new Map<string, { publisher: string; sequence: number }>();
  #lives = 0;

  /** The bytes to publish in place of `payload`. */
  seal(channel: string, payload: string | Buffer): string | Buffer {
    const numbers = this.#numbersOf(channel);
    numbers.sequence += 1;
    const head = `${mark}${numbers.publisher},${numbers.sequence}\n`;
    return typeof payload === 'string'
      ? head + payload
      : Buffer.concat([Buffer.from(head), payload]);
  }

  #numbersOf(channel: string): { publisher: string; sequence: number } {
    const known = this.#channels.get(channel);
    if (known) this.#channels.delete(channel);
    else if (this.#channels.size >= rememberedChannels) forgetOldest(this.#channels);
    const numbers = known ?? this.#begin();
    this.#channels.set(channel, numbers);
    return numbers;
  }

  /** Under a new publisher name: numbers that start again would look like old messages. */
  #begin(): { publisher: string; sequence: number } {
    this.#lives += 1;
    return { publisher: `${this.#id}.${this.#lives.toString(36)}`, sequence: 0 };
  }
}

/** True for bytes that begin like a sequenced message. This is a quick check for every message. */
export function mayBeSealed(payload: Slice): boolean {
  return payload.startsWith(mark);
}

/** The parts of a sequenced message; `undefined` for a plain one. */
export function unseal(sealed: Slice): Sequenced | undefined {
  if (!mayBeSealed(sealed)) return undefined;
  const payload = sealed.after('\n');
  if (!payload) return undefined;
  const { bytes } = sealed;
  const headEnd = sealed.size - payload.size - 1;
  const publisherEnd = bytes.subarray(0, Math.min(headEnd, longestHead)).indexOf(comma);
  if (publisherEnd <= mark.length) return undefined;
  const digits = bytes.toString('latin1', publisherEnd + 1, headEnd);
  if (!/^[1-9]\d{0,15}$/.test(digits)) return undefined;
  return {
    publisher: bytes.toString('latin1', mark.length, publisherEnd),
    sequence: Number(digits),
    payload,
  };
}

/** How many publishers are remembered, each once per channel. */
const rememberedPublishers = 10_000;

/** Counts the messages that a subscriber missed, by the numbers of those that it got. */
export class GapWatch {
  readonly #last = new Map<string, number>();

  /** How many messages of this publisher are missing between the one before and this one. */
  missedBefore(channel: string, { publisher, sequence }: Sequenced): number {
    const key = `${publisher} ${channel}`;
    const last = this.#last.get(key);
    if (last !== undefined && sequence <= last) return 0;
    if (last !== undefined) this.#last.delete(key);
    else if (this.#last.size >= rememberedPublishers) forgetOldest(this.#last);
    this.#last.set(key, sequence);
    // Messages that a publisher sent before its first one that arrived here are not known.
    return last === undefined ? 0 : sequence - last - 1;
  }
}

function forgetOldest(map: Map<string, unknown>): void {
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
