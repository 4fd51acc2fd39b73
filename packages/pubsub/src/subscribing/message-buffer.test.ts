import { describe, expect, it } from 'vitest';
import { MessageBuffer } from './message-buffer.js';

function drain<Item>(buffer: MessageBuffer<Item>): Item[] {
  const items: Item[] = [];
  for (let item = buffer.shift(); item !== undefined; item = buffer.shift()) items.push(item);
  return items;
}

describe('a message buffer', () => {
  it('returns what was put in, in order', () => {
    const buffer = new MessageBuffer<number>(10, 'drop-oldest');
    for (const item of [1, 2, 3]) expect(buffer.push(item)).toBe(true);

    expect(buffer.size).toBe(3);
    expect(drain(buffer)).toEqual([1, 2, 3]);
    expect(buffer.shift()).toBeUndefined();
  });

  it('drops the oldest message when it is full and drop-oldest is set', () => {
    const buffer = new MessageBuffer<number>(2, 'drop-oldest');

    expect([1, 2, 3, 4].map((item) => buffer.push(item))).toEqual([true, true, false, false]);
    expect(drain(buffer)).toEqual([3, 4]);
  });

  it.each(['drop-newest', 'close'] as const)('refuses the newest with %s', (policy) => {
    const buffer = new MessageBuffer<number>(2, policy);

    expect([1, 2, 3].map((item) => buffer.push(item))).toEqual([true, true, false]);
    expect(drain(buffer)).toEqual([1, 2]);
  });

  it('replaces the newest items, as far as they are still there', () => {
    const buffer = new MessageBuffer<number>(10, 'drop-oldest');
    for (const item of [1, 2, 3, 4]) buffer.push(item);
    buffer.shift();

    buffer.replaceNewest(2, (item) => -item);
    expect(drain(buffer)).toEqual([2, -3, -4]);

    buffer.push(5);
    buffer.replaceNewest(4, (item) => -item);
    expect(drain(buffer)).toEqual([-5]);
  });

  it('stays in order and within its limit through many laps', () => {
    const buffer = new MessageBuffer<number>(3000, 'drop-oldest');
    const seen: number[] = [];
    for (let item = 0; item < 20_000; item++) {
      buffer.push(item);
      if (item % 2 === 0) seen.push(buffer.shift() as number);
      expect(buffer.size).toBeLessThanOrEqual(3000);
    }
    seen.push(...drain(buffer));

    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.at(-1)).toBe(19_999);
  });
});
