import { Command } from 'commander';
import { expect, it } from 'vitest';
import { editDistance, suggestion } from './suggestion.js';

it('a command in another case is meant itself, and not one of the same name below another', () => {
  const program = new Command();
  program.command('flow').command('list');
  program.command('dead').command('redrive');
  program.command('list');
  expect(suggestion(program, 'LIST')).toBe(' (did you mean list?)');
  expect(suggestion(program, 'ReDrive')).toBe(' (did you mean dead redrive?)');
});

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
