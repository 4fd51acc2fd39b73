import { Slice } from '@redpost/core/consuming';
import { describe, expect, it } from 'vitest';
import { GapWatch, type Sequenced, Sequencer, unseal } from './sequence.js';

const slice = (bytes: string | Buffer) => Slice.of(Buffer.from(bytes as string));
const opened = (sealed: string | Buffer) => unseal(slice(sealed)) as Sequenced;

describe('a sequencer', () => {
  it('numbers the messages of each channel from 1, for any bytes', () => {
    const sequencer = new Sequencer();
    const bytes = Buffer.from([1, 115, 10, 0, 255]);

    const first = opened(sequencer.seal('a', 'one\n,two'));
    const second = opened(sequencer.seal('a', bytes));
    const other = opened(sequencer.seal('b', ''));

    expect(first).toMatchObject({ sequence: 1 });
    expect(`${first.payload}`).toBe('one\n,two');
    expect(second).toMatchObject({ publisher: first.publisher, sequence: 2 });
    expect(second.payload.bytes).toEqual(bytes);
    expect(other.sequence).toBe(1);
    expect(opened(new Sequencer().seal('a', '')).publisher).not.toBe(first.publisher);
  });

  it('does not begin again under the same name with a channel that it no longer remembers', () => {
    const sequencer = new Sequencer();
    const before = opened(sequencer.seal('a', ''));
    for (let n = 0; n < 10_000; n += 1) sequencer.seal(`other ${n}`, '');

    const after = opened(sequencer.seal('a', ''));

    expect(after.sequence).toBe(1);
    expect(after.publisher).not.toBe(before.publisher);
  });

  it('continues with a channel that is in use, however many other channels come and go', () => {
    const sequencer = new Sequencer();
    for (let n = 0; n < 10_001; n += 1) {
      sequencer.seal('busy', '');
      sequencer.seal(`other ${n}`, '');
    }

    expect(opened(sequencer.seal('busy', '')).sequence).toBe(10_002);
  });
});

it.each([
  '',
  '{}',
  '\u0001',
  '\u0001s',
  '\u0001sabc,\n',
  '\u0001s,1\n',
  '\u0001sabc,0\n',
  '\u0001sabc,1',
  '\u0001sabc,1x\n',
  '\u00011{"id":"a"}\nqueue',
])('a plain message stays one: %j', (plain) => {
  expect(unseal(slice(plain))).toBeUndefined();
});

describe('a gap watch', () => {
  const at = (publisher: string, sequence: number) => ({
    publisher,
    sequence,
    payload: slice(''),
  });

  it('counts missing messages per publisher and channel', () => {
    const watch = new GapWatch();
    const missed = [
      watch.missedBefore('a', at('p', 7)),
      watch.missedBefore('a', at('q', 1)),
      watch.missedBefore('a', at('p', 8)),
      watch.missedBefore('b', at('p', 20)),
      watch.missedBefore('a', at('p', 12)),
      watch.missedBefore('a', at('q', 3)),
    ];

    expect(missed).toEqual([0, 0, 0, 0, 3, 1]);
  });

  it('counts nothing for a message that is late', () => {
    const watch = new GapWatch();

    expect([5, 7, 6, 8].map((sequence) => watch.missedBefore('a', at('p', sequence)))).toEqual([
      0, 1, 0, 0,
    ]);
  });
});
