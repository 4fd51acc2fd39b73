import { expect, it } from 'vitest';
import { Linger } from './linger.js';

it('a call waits a moment, and then goes', async () => {
  let linger!: Linger;
  await new Promise<void>((over) => {
    linger = new Linger(over);
    expect(linger.mayWait()).toBe(true);
    expect(linger.mayWait()).toBe(true);
  });
  expect(linger.mayWait()).toBe(false);

  linger.end();
  expect(linger.mayWait()).toBe(true);
  linger.end();
});

it('a call that goes before its moment is over ends that moment', async () => {
  let overs = 0;
  let linger!: Linger;
  await new Promise<void>((over) => {
    linger = new Linger(() => {
      overs += 1;
      over();
    });
    linger.mayWait();
    linger.end();
    expect(linger.mayWait()).toBe(true);
  });
  expect(overs).toBe(1);
});
