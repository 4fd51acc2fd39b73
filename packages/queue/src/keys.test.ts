import { expect, it } from 'vitest';
import { keysAt, queueKeys } from './keys.js';
import { partitionList } from './partitions/partition-list.js';

/** The keys of a queue or a partition with this list, and those of one of its consumers. */
function allKeys(name: string): string[] {
  return Object.values(keysAt(name)).map((key) => (typeof key === 'function' ? key('c') : key));
}

it('the list has the name of the queue, and all other keys its hash tag', () => {
  const [list, ...others] = allKeys('task');

  expect(list).toBe('task');
  for (const key of others) expect(key).toMatch(/^\{task\}:[a-z-]+(:[a-z]*)?$/);
});

it('no two keys are the same', () => {
  const all = [...allKeys('q'), queueKeys('q').active('d')];

  expect(new Set(all).size).toBe(all.length);
});

it('a partition shares no key with its queue, with other partitions, or with queues that are named alike', () => {
  const lists = Array.from({ length: 12 }, (_, at) => partitionList('q', at));
  const names = ['q', 'q:0', 'q:1', ...lists, ...lists.map((list) => list.slice(1, -1))];
  const all = names.flatMap(allKeys);

  expect(new Set(all).size).toBe(all.length);
});

it.each([
  ['nothing', ''],
  ['braces', 'a{b}'],
  ['an opening brace', '{'],
  ['a closing brace', 'a}'],
  ['more than 1024 bytes', 'ä'.repeat(513)],
  ['no text', 7],
  ['undefined', undefined],
])('a name of %s is refused', (_what, name) => {
  expect(() => queueKeys(name as string)).toThrow(/The name of a queue/);
});

it.each(['a b', 'a:b', 'ä\n', 'x'.repeat(1024)])('%j is a name', (name) => {
  expect(queueKeys(name).list).toBe(name);
});
