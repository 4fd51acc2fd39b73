import type { Redis } from 'ioredis';
import { type Block, blockOf, Slice } from '../codecs/slice.js';
import type { SubscriptionTarget } from '../connection/connection.js';

/** The kind of subscription that a message is for. */
type MessageKind = SubscriptionTarget['kind'];

/**
 * Gets each message. `name` is what was subscribed to: the channel, or the pattern it matched. `payload` is a
 * part of the chunk that was read from the socket.
 */
export type OnMessage = (kind: MessageKind, name: string, channel: string, payload: Slice) => void;

/** Receives the findings of a reader. */
export interface MessageListener {
  onMessage: OnMessage;
  /** The server says that a subscription to a sharded channel has ended, requested or not. */
  onRevoked(name: string): void;
}

const carriageReturn = 0x0d;
const zero = 0x30;

/** The beginning of a message in RESP3 and RESP2, up to the length of the subscribed name. */
const beginnings = (['channel', 'pattern', 'shard'] as const).flatMap((kind) => {
  const type = { channel: 'message', pattern: 'pmessage', shard: 'smessage' }[kind];
  const parts = kind === 'pattern' ? 4 : 3;
  return ['>', '*'].map((push) => ({
    kind,
    bytes: Buffer.from(`${push}${parts}\r\n$${type.length}\r\n${type}\r\n$`),
  }));
});

type Beginning = (typeof beginnings)[number];

/** In as many bytes, the head of a message usually ends. */
const headBytes = 256;

const revocations = ['>', '*'].map((push) => Buffer.from(`${push}3\r\n$12\r\nsunsubscribe\r\n$`));

/**
 * Takes the messages of Pub/Sub out of the data from a server, and passes all other frames on, whole and in
 * order. The parser of ioredis takes longer for a message than all other code of a subscriber together.
 */
export class MessageReader {
  readonly #listener: MessageListener;
  readonly #passOn: (bytes: Buffer) => void;
  /** The beginning of a frame whose end has not come yet, and how many bytes it takes at least. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  #wantedBytes = 0;
  /** The end of the number that was read last. */
  #at = 0;
  /** Usually a message begins like the one before it, and has the same name. */
  #lastBeginning = beginnings[0] as Beginning;
  #lastName = { text: '', bytes: Buffer.alloc(0) };

  constructor(listener: MessageListener, passOn: (bytes: Buffer) => void) {
    this.#listener = listener;
    this.#passOn = passOn;
  }

  readonly write = (chunk: Buffer): void => {
    const start = this.#heldBytes === 0 ? 0 : this.#finishHeld(chunk);
    if (start < chunk.length) this.#read(chunk, start);
  };

  #hold(bytes: Buffer): void {
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
  }

  /**
   * Reads the frame that is held. Returns where it ends in this chunk, or the end of the chunk if it takes more. Of the chunk only
   * about as many bytes are copied as belong to the frame.
   */
  #finishHeld(chunk: Buffer): number {
    const held = this.#heldBytes;
    let part = headBytes;
    while (held + chunk.length >= this.#wantedBytes) {
      part = Math.max(part, this.#wantedBytes - held);
      this.#wantedBytes = 0;
      const end = this.#readFrame(
        blockOf(Buffer.concat([...this.#held, chunk.subarray(0, part)])),
        0,
      );
      if (end !== -1) {
        this.#held = [];
        this.#heldBytes = 0;
        return end - held;
      }
      if (part >= chunk.length) break;
      part *= 2;
    }
    this.#hold(chunk);
    return chunk.length;
  }

  #read(bytes: Buffer, start: number): void {
    const block = blockOf(bytes);
    let at = start;
    while (at < bytes.length) {
      this.#wantedBytes = 0;
      const end = this.#readFrame(block, at);
      if (end === -1) {
        this.#wantedBytes -= at;
        this.#hold(bytes.subarray(at));
        return;
      }
      at = end;
    }
  }

  /** The end of the frame that starts at `at`, -1 if it is not all there. */
  #readFrame(block: Block, at: number): number {
    return this.#readMessage(block, at) ?? this.#readOther(block.bytes, at);
  }

  /** The end of the message that starts at `at`, -1 if it is not all there, or no message. */
  #readMessage(block: Block, at: number): number | undefined {
    const { bytes } = block;
    const found = this.#beginningAt(bytes, at);
    if (!found) return undefined;

    const nameEnd = this.#bulkEnd(bytes, at + found.bytes.length);
    if (nameEnd === -1) return -1;
    const name = this.#nameOf(bytes, this.#at, nameEnd);

    let next = nameEnd + 3;
    let channel = name;
    if (found.kind === 'pattern') {
      const channelEnd = this.#bulkEnd(bytes, next);
      if (channelEnd === -1) return -1;
      channel = bytes.toString('utf8', this.#at, channelEnd);
      next = channelEnd + 3;
    }

    const payloadEnd = this.#bulkEnd(bytes, next);
    if (payloadEnd === -1) return -1;
    const payload = new Slice(block, this.#at, payloadEnd);
    this.#listener.onMessage(found.kind, name, channel, payload);
    return payloadEnd + 2;
  }

  #beginningAt(bytes: Buffer, at: number): Beginning | undefined {
    if (startsWith(bytes, at, this.#lastBeginning.bytes)) return this.#lastBeginning;
    const found = beginnings.find((beginning) => startsWith(bytes, at, beginning.bytes));
    this.#lastBeginning = found ?? this.#lastBeginning;
    return found;
  }

  /** The end of the bytes whose length is at `at`; they start at `#at`. -1 if they are not complete. */
  #bulkEnd(bytes: Buffer, at: number): number {
    const length = this.#number(bytes, at);
    if (length === -1) return -1;
    const end = this.#at + length;
    // Room for the end of the line, and for the `$` that may follow.
    if (end + 2 <= bytes.length) return end;
    this.#wantedBytes = end + 2;
    return -1;
  }

  /** The number at `at`, -1 if its line has not ended. */
  #number(bytes: Buffer, at: number): number {
    let value = 0;
    for (let next = at; next + 1 < bytes.length; next += 1) {
      const byte = bytes[next] as number;
      if (byte === carriageReturn) {
        this.#at = next + 2;
        return value;
      }
      value = value * 10 + byte - zero;
    }
    return -1;
  }

  #nameOf(bytes: Buffer, from: number, to: number): string {
    const last = this.#lastName;
    if (to - from === last.bytes.length && startsWith(bytes, from, last.bytes)) return last.text;
    const text = bytes.toString('utf8', from, to);
    this.#lastName = { text, bytes: Buffer.from(bytes.subarray(from, to)) };
    return text;
  }

  #readOther(bytes: Buffer, at: number): number {
    const end = this.#skip(bytes, at);
    if (end === -1) return -1;
    this.#passOn(bytes.subarray(at, end));
    const revocation = revocations.find((beginning) => startsWith(bytes, at, beginning));
    if (revocation) {
      const nameEnd = this.#bulkEnd(bytes, at + revocation.length);
      this.#listener.onRevoked(bytes.toString('utf8', this.#at, nameEnd));
    }
    return end;
  }

  /** The end of the frame that starts at `at`, or -1 if it is not complete. */
  #skip(bytes: Buffer, at: number): number {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd === -1) return -1;
    const next = lineEnd + 2;
    const type = String.fromCharCode(bytes[at] as number);
    const length = Number(bytes.toString('latin1', at + 1, lineEnd));

    switch (type) {
      case '$':
      case '!':
      case '=':
        return length < 0 ? next : this.#skipBytes(bytes, next + length + 2);
      case '*':
      case '~':
      case '>':
        return this.#skipMany(bytes, next, length);
      case '%':
        return this.#skipMany(bytes, next, length * 2);
      case '|':
        // Attributes precede the reply that they describe.
        return this.#skipMany(bytes, next, length * 2 + 1);
      default:
        return next;
    }
  }

  #skipBytes(bytes: Buffer, end: number): number {
    if (end <= bytes.length) return end;
    this.#wantedBytes = end;
    return -1;
  }

  #skipMany(bytes: Buffer, at: number, count: number): number {
    let end = at;
    for (let left = count; left > 0 && end !== -1; left -= 1) end = this.#skip(bytes, end);
    return end;
  }
}

/**
 * Reads the messages of a client's present connection itself. This survives changes inside ioredis: where its
 * parser is not found, it goes on reading everything, only slower.
 */
export function readMessages(client: Redis, listener: MessageListener): void {
  const { stream } = client;
  const [parse] = stream.listeners('data') as ((bytes: Buffer) => void)[];
  if (!parse) return;
  const reader = new MessageReader(listener, parse);
  stream.off('data', parse);
  stream.prependListener('data', reader.write);
}

function startsWith(bytes: Buffer, at: number, expected: Buffer): boolean {
  if (at + expected.length > bytes.length) return false;
  for (let index = 0; index < expected.length; index += 1) {
    if (bytes[at + index] !== expected[index]) return false;
  }
  return true;
}
