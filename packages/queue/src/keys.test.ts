import { expect, it } from 'vitest';
import { queueKeys } from './keys.js';

/** The keys of a queue, and those of one of its consumers. */
function allKeys(name: string): string[] {
  return Object.values(queueKeys(name)).map((key) => (typeof key === 'function' ? key('c') : key));
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
