import { expect, it, vi } from 'vitest';
import { beginInTurn } from './in-turn.js';

/** Begins so many, and tells which have begun, and how to end one. */
function beginning(count: number) {
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const all = Array.from({ length: count }, (_, n) =>
    beginInTurn(async () => {
      begun.push(n);
      await new Promise<void>((resolve) => {
        ends[n] = resolve;
      });
    }),
  );
  return { begun, end: (n: number) => ends[n]?.(), all: Promise.all(all) };
}

/** The first so many numbers. */
const first = (count: number) => Array.from({ length: count }, (_, n) => n);

it('begins a few at a time, in their order, and the next one when one has begun', async () => {
  const { begun, end, all } = beginning(100);
  await vi.waitFor(() => expect(begun).toEqual(first(32)), { timeout: 90 });

  end(5);
  await vi.waitFor(() => expect(begun.length).toBeGreaterThan(32));
  expect(begun).toEqual(first(begun.length));

  for (let n = 0; n < 100; n += 1) {
    await vi.waitFor(() => expect(begun).toContain(n));
    end(n);
  }
  await all;
});

it('does not wait for long for one that cannot begin, and lets the next one begin after one that fails', async () => {
  const { begun, end, all } = beginning(64);
  await vi.waitFor(() => expect(begun).toEqual(first(64)));
  for (const n of begun) end(n);
  await all;

  const failing = Array.from({ length: 40 }, () =>
    beginInTurn(() => Promise.reject(new Error('away'))),
  );
  const settled = await Promise.allSettled(failing);
  expect(settled.every(({ status }) => status === 'rejected')).toBe(true);
});
