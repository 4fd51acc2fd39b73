import { expect, it } from 'vitest';
import { RoundTrip } from './round-trip.js';

it('the shortest of the last calls counts, and one that had to wait changes nothing', () => {
  const roundTrip = new RoundTrip();
  for (const ms of [22, 20, 300, 21]) roundTrip.note(ms);

  expect(roundTrip.ms).toBe(20);
});

it('a way that has become longer is known after some calls, and a shorter one at once', () => {
  const roundTrip = new RoundTrip();
  for (let n = 0; n < 40; n += 1) roundTrip.note(1);
  for (let n = 0; n < 64; n += 1) roundTrip.note(20);
  expect(roundTrip.ms).toBe(20);

  roundTrip.note(5);

  expect(roundTrip.ms).toBe(5);
});
