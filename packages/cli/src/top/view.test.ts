import { expect, it } from 'vitest';
import { paintFor } from '../output/paint.js';
import type { Row } from './sampler.js';
import { ageText, arranged, type Overview, overviewLines, printable } from './view.js';

const row = (name: string, more: Partial<Row> = {}): Row => ({
  kind: 'queue',
  name,
  ...{ pending: 0, active: 0, delayed: 0, dead: 0, consumers: 1 },
  ...{ inRate: 0, outRate: 0, ageMs: undefined, paused: undefined },
  ...more,
});

const rows = [
  row('busy', { pending: 5, outRate: 3 }),
  row('alone', { pending: 1, consumers: 0 }),
  row('idle'),
  row('broken', { dead: 2 }),
];

it.each([
  ['attention', ['alone', 'broken', 'busy', 'idle']],
  ['name', ['alone', 'broken', 'busy', 'idle']],
  ['pending', ['busy', 'alone', 'broken', 'idle']],
  ['out/s', ['busy', 'alone', 'broken', 'idle']],
] as const)('orders rows by %s', (order, names) => {
  expect(arranged(rows, order, '').map(({ name }) => name)).toEqual(names);
});

it('leaves those that the filter does not mean', () => {
  expect(arranged(rows, 'name', 'B').map(({ name }) => name)).toEqual(['broken', 'busy']);
});

it.each([20, 40, 60, 80, 120, 200])('fills a screen of %i columns, and no more', (width) => {
  const many = Array.from({ length: 50 }, (_, n) => row(`a queue with a long name ${n}`.repeat(3)));
  const overview: Overview = {
    address: '127.0.0.1:6379',
    rows: [...many, row('last')],
    selected: 'last',
    ...{ order: 'name', filter: '', notice: undefined, keys: ['q quit and more', 'q quit'] },
  };

  const lines = overviewLines(overview, { width, height: 10, paint: paintFor({}) });

  expect(lines).toHaveLength(10);
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(width);
  expect(lines[1]).toContain('PENDING');
  expect(lines.some((line) => line.startsWith('last '))).toBe(true);
});

it('shows what is alarming in red, also in the row that is selected', () => {
  const named = (name: string) => (text: string) => `<${name}>${text}</${name}>`;
  const paint = Object.fromEntries(
    ['bold', 'dim', 'red', 'yellow', 'green', 'inverse'].map((name) => [name, named(name)]),
  ) as ReturnType<typeof paintFor>;
  const overview: Overview = {
    address: '127.0.0.1:6379',
    rows: [row('alone', { dead: 7 }), row('broken', { dead: 2 })],
    selected: 'broken',
    ...{ order: 'name', filter: '', notice: undefined, keys: ['q quit and more', 'q quit'] },
  };

  const [, , other, selected] = overviewLines(overview, { width: 120, height: 10, paint });

  expect(other).toMatch(/<red> +7<\/red>/);
  expect(other).not.toContain('inverse');
  expect(selected).toMatch(/^<inverse>broken +<\/inverse>/);
  expect(selected).toMatch(/<inverse><red> +2<\/red><\/inverse>/);
});

it.each([
  [undefined, '-'],
  [400, '0.4s'],
  [12_345, '12s'],
  [61_000, '1m'],
  [7_200_000, '2h'],
  [200_000_000, '2d'],
])('shows the age %s as %s', (ms, text) => {
  expect(ageText(ms)).toBe(text);
});

it('says on the narrowest terminal, too, which keys there are and what nobody takes', () => {
  const red = { ...paintFor({}), red: (text: string) => `<${text.trim()}>` };
  const overview: Overview = {
    address: '127.0.0.1:6379',
    rows: [row('alone', { pending: 4, consumers: 0 }), row('taken', { pending: 5 })],
    selected: undefined,
    ...{ order: 'name', filter: '', notice: undefined, keys: ['all of it, in words', 'in short'] },
  };
  const at = (width: number) => overviewLines(overview, { width, height: 6, paint: red });

  expect(at(12).at(-1)).toBe('in short');
  expect(at(20).at(-1)).toBe('all of it, in words');
  expect(at(40).filter((line) => line.includes('<'))).toEqual([expect.stringContaining('<4>')]);
  expect(at(80)[1]).toContain('CONSUMERS');
});

it('shows no control characters', () => {
  expect(printable('a\x1b[2Jb')).toBe('"a\\u001b[2Jb"');
});
