import { Slice } from '@redpost/core/consuming';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Repeats } from './repeats.js';

const patterns = ['a', 'b', 'c'];
const inAnyOrder = fc.shuffledSubarray(patterns, { minLength: patterns.length });

interface Published {
  text: string;
  /** The patterns by which the copies come. */
  copies: string[];
}

/** The messages of which a copy is taken, in the order of the copies. */
function taken(published: readonly Published[]): string[] {
  const repeats = new Repeats();
  return published.flatMap(({ text, copies }) =>
    copies.flatMap((pattern) => {
      const received = { channel: 'c', pattern, payload: Slice.of(Buffer.from(text)) };
      return repeats.includes(received) ? [] : [text];
    }),
  );
}

it('one copy of each message is taken, in any order of its patterns', () => {
  const message = fc.record({ text: fc.constantFrom('x', 'y'), copies: inAnyOrder });
  const property = fc.property(fc.array(message), (published) => {
    expect(taken(published)).toEqual(published.map(({ text }) => text));
  });
  fc.assert(property);
});

it('nothing is a copy of a message from before an interruption, whose other copies were lost', () => {
  const repeats = new Repeats();
  const copyBy = (pattern: string) => ({
    channel: 'c',
    pattern,
    payload: Slice.of(Buffer.from('x')),
  });

  expect(repeats.includes(copyBy('a'))).toBe(false);
  repeats.forget();
  expect(repeats.includes(copyBy('b'))).toBe(false);
  expect(repeats.includes(copyBy('a'))).toBe(true);
});

it('nothing is lost or doubled while Redis confirms one pattern after another', () => {
  const message = fc.record({ confirmed: fc.integer({ min: 1, max: 3 }), copies: inAnyOrder });
  const property = fc.property(fc.array(message), (messages) => {
    const byTime = [...messages].sort((a, b) => a.confirmed - b.confirmed);
    const published = byTime.map(({ confirmed, copies }) => ({
      text: 'same',
      copies: copies.filter((pattern) => patterns.indexOf(pattern) < confirmed),
    }));
    expect(taken(published)).toHaveLength(messages.length);
  });
  fc.assert(property);
});
