import { expect, it, onTestFinished } from 'vitest';
import { globMatcher } from '../src/message/glob.js';
import { dice } from './support/dice.js';
import { testRedis } from './support/redis.js';

const redis = testRedis();

const inPatterns = ['a', 'b', 'c', '-', '.', '[', ']', '^', '*', '?', '\\'];
// Not in patterns: whether a range of such bytes is empty depends on the machine Redis was built for.
const inNames = [...inPatterns, 'é'];

it.each([1, 2, 3])('patterns match the same names as in Redis, seed %i', async (seed) => {
  const roll = dice(seed);
  const text = (letters: readonly string[], most: number) =>
    Array.from({ length: 1 + roll(most) }, () => letters[roll(letters.length)]).join('');
  const names = [...new Set(Array.from({ length: 300 }, () => text(inNames, 3)))].sort();
  // There may be other keys on a server that is shared.
  const mine = new Set(names);
  onTestFinished(() => void redis.admin.call('DEL', names));
  await redis.admin.call(
    'MSET',
    names.flatMap((name) => [name, '']),
  );

  for (let n = 0; n < 500; n += 1) {
    const pattern = text(inPatterns, 6);
    const matching = ((await redis.admin.call('KEYS', [pattern])) as Buffer[])
      .map(String)
      .filter((name) => mine.has(name))
      .sort();
    const found = names.filter(globMatcher(pattern));
    expect({ pattern, found }).toEqual({ pattern, found: matching });
  }
});
