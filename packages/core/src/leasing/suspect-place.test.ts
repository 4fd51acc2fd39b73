import { expect, it } from 'vitest';
import { SuspectPlace } from './suspect-place.js';

it('asks for a suspect once, and for another when there may be one', () => {
  const place = new SuspectPlace<number>();
  expect(place.isFree).toBe(true);
  place.take(1);
  place.foundNone();
  expect(place.isFree).toBe(false);
  place.lookAgain();

  expect(place.isFree).toBe(true);
});

it('has no place for another until its suspect is settled', () => {
  const place = new SuspectPlace<number>();
  place.take(1);
  place.lookAgain();
  place.settled(2);
  expect(place.isFree).toBe(false);
  place.settled(1);

  expect(place.isFree).toBe(true);
});

it('asks again when a suspect was announced while an answer said that there is none', () => {
  const place = new SuspectPlace<number>();
  place.take(1);
  place.lookAgain();
  place.foundNone();

  expect(place.isFree).toBe(true);
});
