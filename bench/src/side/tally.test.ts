import { expect, it } from 'vitest';
import { exact } from '../exact.js';
import { Tally } from './tally.js';

it('is complete when every expected message has come, in any order', async () => {
  const tally = new Tally(1_000_000, 3);
  for (const n of [1_000_002, 1_000_000, 1_000_001]) tally.see(n);

  await tally.complete;
  expect(exact(tally.result(), 3)).toMatchObject({ distinct: 3, doubled: 0, strange: 0 });
});

it('tells when so many have come, also when they have come already', async () => {
  const tally = new Tally(1, 3);
  const two = tally.reached(2);
  tally.see(1);
  tally.see(1);
  await expect(Promise.race([two, Promise.resolve('not yet')])).resolves.toBe('not yet');
  tally.see(3);

  await two;
  await tally.reached(1);
});

it('notices a message that comes twice, which does not stand for a missing one', () => {
  const tally = new Tally(10, 2);
  tally.see(10);
  tally.see(10);

  expect(tally.result()).toMatchObject({ distinct: 1, doubled: 1 });
  expect(() => exact(tally.result(), 2)).toThrow('1 were lost and 1 came twice');
});

it('notices a message that was never sent', () => {
  const tally = new Tally(10, 2);
  for (const n of [10, 11, 12, 9]) tally.see(n);

  expect(tally.result()).toMatchObject({ distinct: 2, strange: 2 });
  expect(() => exact(tally.result(), 2)).toThrow('2 nobody had sent');
});
