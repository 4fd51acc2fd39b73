import { expect, it } from 'vitest';
import { RoomAhead } from './room-ahead.js';

it('nothing is taken ahead before it is known how much room there is', () => {
  expect(new RoomAhead().most).toBe(0);
});

it('an eighth of the room may be taken ahead, and nothing where there is little', () => {
  const ahead = new RoomAhead();
  expect(ahead.found(99)).toBe(false);
  expect(ahead.most).toBe(0);
  expect(ahead.found(100)).toBe(false);
  expect(ahead.most).toBe(12);
  ahead.found(1_000_000);
  expect(ahead.most).toBe(125_000);
});

it('what was taken ahead is returned once when there is little room, and nothing is taken ahead at once again', () => {
  const ahead = new RoomAhead();
  ahead.found(1000);
  expect(ahead.found(50)).toBe(true);
  expect(ahead.most).toBe(0);
  expect(ahead.found(50)).toBe(false);
  expect(ahead.found(1000)).toBe(false);
  expect(ahead.most).toBe(0);
});

it('where the limits change, how much room there is is not known', () => {
  const ahead = new RoomAhead();
  ahead.found(1000);
  ahead.reset();
  expect(ahead.most).toBe(0);
  ahead.found(1000);
  expect(ahead.most).toBe(125);
});
