import { expect, it } from 'vitest';
import { editDistance } from './suggestion.js';

it.each([
  ['send', 'send', 0],
  ['send', 'sned', 1],
  ['send', 'sen', 1],
  ['send', 'sends', 1],
  ['send', 'bend', 1],
  ['', 'send', 4],
  ['receive', 'recieve', 1],
  ['peek', 'stats', 5],
])('counts the wrong letters of %s for %s', (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
});
