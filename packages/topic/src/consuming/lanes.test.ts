import { expect, it } from 'vitest';
import { Lanes } from './lanes.js';

const record = (offset: string, key?: string) => ({ offset, key });

it('a record starts when all earlier records of its key are settled', () => {
  const lanes = new Lanes();
  const [a1, b1, a2, a3] = [
    record('1', 'a'),
    record('2', 'b'),
    record('3', 'a'),
    record('4', 'a'),
  ] as const;
  expect([a1, b1, a2, a3].map((item) => lanes.admit(item))).toEqual([true, true, false, false]);
  expect(lanes.blocked).toBe(2);

  expect(lanes.finish(a1)).toBe(a2);
  expect(lanes.finish(b1)).toBeUndefined();
  expect(lanes.finish(a2)).toBe(a3);
  expect(lanes.blocked).toBe(0);
});

it('records without a key start at once', () => {
  const lanes = new Lanes();
  expect([record('1'), record('2')].map((item) => lanes.admit(item))).toEqual([true, true]);
  expect(lanes.finish(record('1'))).toBeUndefined();
});

it('a record that waits for another attempt keeps its place', () => {
  const lanes = new Lanes();
  const [first, second] = [record('1', 'a'), record('2', 'a')];
  lanes.admit(first);
  lanes.admit(second);
  lanes.suspend(first);
  expect(lanes.gaps()).toEqual(['1']);
  const again = record('1', 'a');

  expect(lanes.admit(again)).toBe(true);
  expect(lanes.finish(again)).toBe(second);
});

it('pending records come before new ones, in any order of arrival', () => {
  const lanes = new Lanes();
  lanes.expect([record('1', 'a'), record('2', 'a')]);
  const [newer, second, first] = [record('3', 'a'), record('2', 'a'), record('1', 'a')];
  expect([newer, second, first].map((item) => lanes.admit(item))).toEqual([false, false, true]);

  expect(lanes.finish(first)).toBe(second);
  expect(lanes.finish(second)).toBe(newer);
});

it('nothing waits for a record that is gone', () => {
  const lanes = new Lanes();
  lanes.expect([record('1', 'a'), record('2', 'b')]);
  const waiting = record('3', 'a');
  lanes.admit(waiting);

  expect(lanes.forget(['1', '2', '9'])).toEqual([waiting]);
  expect(lanes.gaps()).toEqual([]);
});

it('records that wait for others can be removed', () => {
  const lanes = new Lanes();
  const [first, second] = [record('1', 'a'), record('2', 'a')];
  lanes.admit(first);
  lanes.admit(second);

  expect(lanes.takeBlocked()).toEqual([second]);
  expect(lanes.blocked).toBe(0);
  expect(lanes.gaps()).toEqual(['2']);
});
