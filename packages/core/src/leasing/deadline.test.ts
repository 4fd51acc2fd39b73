import { expect, it } from 'vitest';
import { Deadline } from './deadline.js';

it('waits for promises that settle before the deadline', async () => {
  const deadline = new Deadline();
  deadline.bringForward(60_000);

  expect(await deadline.within(Promise.resolve())).toBe(true);
  deadline.clear();
});

it('can be brought forward during a wait, and not extended', async () => {
  const deadline = new Deadline();
  deadline.bringForward(60_000);
  const isInTime = deadline.within(new Promise(() => {}));
  deadline.bringForward(0);
  deadline.bringForward(60_000);

  expect(await isInTime).toBe(false);
});

it('grants additional time, also when it has passed', async () => {
  const deadline = new Deadline();
  deadline.bringForward(0);
  await deadline.within(new Promise(() => {}));
  const soon = new Promise((resolve) => setTimeout(resolve, 5));

  expect(await deadline.within(soon, 60_000)).toBe(true);
});
