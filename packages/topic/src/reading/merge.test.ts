import { expect, it } from 'vitest';
import { collectGarbage } from '../../../../tooling/collect-garbage.js';
import { merge } from './merge.js';

/** A source with these values. */
const sourceOf = (...values: number[]) => ({ next: async () => values.shift() });

it('gives the values of all sources, those of each in order, and ends with the last', async () => {
  const seen: number[] = [];
  for await (const { value } of merge<number, ReturnType<typeof sourceOf>>([
    sourceOf(1, 2, 3),
    sourceOf(11, 12),
    sourceOf(),
  ])) {
    seen.push(value);
  }

  expect(seen.filter((n) => n < 10)).toEqual([1, 2, 3]);
  expect(seen.filter((n) => n > 10)).toEqual([11, 12]);
});

it('throws the error of a source, after the earlier values', async () => {
  const values = merge([
    { next: () => Promise.reject(new Error('broken')) },
    { next: () => new Promise(() => {}) },
  ]);

  await expect(values.next()).rejects.toThrow('broken');
});

it('an idle source costs no memory, however much the others bring', async () => {
  const busy = { next: async () => 1 };
  const idle = Array.from({ length: 20 }, () => ({ next: () => new Promise<number>(() => {}) }));
  const values = merge<number, { next(): Promise<number> }>([busy, ...idle]);
  const megabytesAfter = async (count: number) => {
    for (let n = 0; n < count; n += 1) await values.next();
    collectGarbage();
    return process.memoryUsage().heapUsed / 1_000_000;
  };
  const before = await megabytesAfter(1000);

  expect((await megabytesAfter(20_000)) - before).toBeLessThan(10);
});
