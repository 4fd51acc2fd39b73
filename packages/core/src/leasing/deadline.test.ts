import { expect, it } from 'vitest';
import { Deadline } from './deadline.js';

it('waits for what comes before the deadline', async () => {
  const deadline = new Deadline();
  deadline.bringForward(60_000);

  expect(await deadline.within(Promise.resolve())).toBe(true);
  deadline.clear();
});

it('can be brought forward while somebody waits, and not put off', async () => {
  const deadline = new Deadline();
  deadline.bringForward(60_000);
  const isInTime = deadline.within(new Promise(() => {}));
  deadline.bringForward(0);
  deadline.bringForward(60_000);

  expect(await isInTime).toBe(false);
});

it('grants some time more to what needs it, also when it has passed', async () => {
  const deadline = new Deadline();
  deadline.bringForward(0);
  await deadline.within(new Promise(() => {}));
  const soon = new Promise((resolve) => setTimeout(resolve, 5));

  expect(await deadline.within(soon, 60_000)).toBe(true);
});
