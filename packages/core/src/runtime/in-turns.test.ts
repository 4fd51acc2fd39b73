import { expect, it } from 'vitest';
import { inTurns } from './in-turns.js';

it('asks for so many at a time, and has the results in the order of the items', async () => {
  let running = 0;
  let most = 0;
  const double = async (item: number) => {
    running += 1;
    most = Math.max(most, running);
    for (let turns = 0; turns < item % 3; turns += 1) await Promise.resolve();
    running -= 1;
    return 2 * item;
  };
  const items = [5, 3, 8, 1, 7, 2];
  expect(await inTurns(items, double, 2)).toEqual([10, 6, 16, 2, 14, 4]);
  expect(most).toBe(2);
  expect(await inTurns([], double)).toEqual([]);
});

it('rejects with the first error, and asks for no more', async () => {
  const asked: number[] = [];
  const run = async (item: number) => {
    asked.push(item);
    if (item === 2) throw new Error('two');
  };
  await expect(inTurns([1, 2, 3, 4, 5], run, 1)).rejects.toThrow('two');
  expect(asked).toEqual([1, 2]);
});
