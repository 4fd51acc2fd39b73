import { expect, it } from 'vitest';
import { HeldList } from './held-list.js';

class Item {
  earlier: this | undefined;
  later: this | undefined;
  isListed = false;
  constructor(readonly name: string) {}
}

function listOf(...names: string[]) {
  const items = names.map((name) => new Item(name));
  const list = new HeldList<Item>();
  for (const item of items) list.add(item);
  return { list, items };
}

const namesIn = (list: HeldList<Item>) => [...list].map(({ name }) => name).join('');

it.each([
  ['the oldest', 0, 'bcd'],
  ['one in the middle', 1, 'acd'],
  ['the newest', 3, 'abc'],
])('lets %s go, and keeps the order of the others', (_which, at, left) => {
  const { list, items } = listOf('a', 'b', 'c', 'd');
  list.remove(items[at] as Item);

  expect(namesIn(list)).toBe(left);
  list.add(new Item('e'));
  expect(namesIn(list)).toBe(`${left}e`);
  expect(list.size).toBe(4);
});

it('is empty when the last has gone, and can be filled again', () => {
  const { list, items } = listOf('a');
  list.remove(items[0] as Item);
  expect(namesIn(list)).toBe('');

  list.add(items[0] as Item);
  expect(namesIn(list)).toBe('a');
});

it('ignores a delivery that it does not contain', () => {
  const { list, items } = listOf('a', 'b');
  list.remove(items[0] as Item);
  list.remove(items[0] as Item);
  list.remove(new Item('other'));

  expect(namesIn(list)).toBe('b');
  expect(list.size).toBe(1);
});

it('hands over all, and none of them points to another any more', () => {
  const { list, items } = listOf('a', 'b', 'c');

  expect(list.removeAll()).toEqual(items);
  expect(namesIn(list)).toBe('');
  expect(list.size).toBe(0);
  for (const { earlier, later, isListed } of items) {
    expect([earlier, later, isListed]).toEqual([undefined, undefined, false]);
  }
});
