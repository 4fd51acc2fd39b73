import { expect, it } from 'vitest';
import { Turns } from './turns.js';

function noted(names: readonly string[]) {
  const turns = new Turns();
  const sent: string[] = [];
  const takers = names.map((name) => ({ pump: () => void sent.push(name) }));
  for (const taker of takers) turns.putLast(taker);
  return { turns, sent, takers };
}

it('the feed that asked last comes last', () => {
  const { turns, sent, takers } = noted(['a', 'b', 'c']);
  const [a] = takers;
  if (a) turns.putLast(a);
  turns.now();

  expect(sent).toEqual(['b', 'c', 'a']);
});

it('a feed that asks during its turn does not get a second turn', () => {
  const turns = new Turns();
  let times = 0;
  const taker = {
    pump: () => {
      times += 1;
      turns.putLast(taker);
    },
  };
  turns.putLast(taker);
  turns.now();

  expect(times).toBe(1);
});

it('all send once per tick, however often it is asked, and none that takes no part any more', async () => {
  const { turns, sent, takers } = noted(['a', 'b']);
  for (let times = 0; times < 5; times += 1) turns.soon();
  const [a] = takers;
  if (a) turns.remove(a);
  await new Promise(process.nextTick);

  expect(sent).toEqual(['b']);
});
