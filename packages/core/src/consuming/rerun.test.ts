import { expect, it } from 'vitest';
import { Rerun } from './rerun.js';

it('work that is asked for several times meanwhile is done once more, and never twice at a time', async () => {
  const begun: (() => void)[] = [];
  const work = new Rerun(() => new Promise<void>((end) => void begun.push(end)));

  for (let n = 0; n < 3; n += 1) work.ask();
  expect(begun).toHaveLength(1);
  begun[0]?.();
  await new Promise(setImmediate);
  expect(begun).toHaveLength(2);
  begun[1]?.();
  await new Promise(setImmediate);
  expect(begun).toHaveLength(2);

  work.ask();
  expect(begun).toHaveLength(3);
});
