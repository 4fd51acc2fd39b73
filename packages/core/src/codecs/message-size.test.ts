import { describe, expect, it } from 'vitest';
import { checkedMaxMessageBytes, refuseTooLarge } from './message-size.js';

describe('the limit of a message', () => {
  it.each([
    ['x'.repeat(6), 6],
    ['€€', 6],
    ['😀😀', 8],
    ['\ud800\ud800', 6],
    [Buffer.alloc(6), 6],
    [new Uint8Array(6), 6],
  ])('counts the bytes of %j', (message, bytes) => {
    expect(() => refuseTooLarge(message, bytes)).not.toThrow();
    expect(() => refuseTooLarge(message, bytes - 1)).toThrow(
      expect.objectContaining({ code: 'MESSAGE_TOO_LARGE', bytes, maxBytes: bytes - 1 }),
    );
  });

  it('is 16 MiB by default, and at most what Redis accepts', () => {
    expect(checkedMaxMessageBytes()).toBe(16_777_216);
    expect(checkedMaxMessageBytes(536_870_912)).toBe(536_870_912);
    for (const limit of [0, -1, 1.5, 536_870_913, Number.POSITIVE_INFINITY]) {
      expect(() => checkedMaxMessageBytes(limit)).toThrow('maxMessageBytes');
    }
  });
});
