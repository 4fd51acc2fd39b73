import fc from 'fast-check';
import { expect, it } from 'vitest';
import { inOrder, type TurnOrder, weighted } from './turn-order.js';

const take = (order: TurnOrder, count: number, mayHave: boolean[]) =>
  Array.from({ length: count }, () => order.next(mayHave));

it('turns are spread as nginx spreads them', () => {
  expect(take(weighted([5, 1, 1]), 9, [true, true, true])).toEqual([0, 0, 1, 0, 2, 0, 0, 0, 0]);
  expect(take(weighted([5, 1]), 6, [true, true])).toEqual([0, 0, 0, 1, 0, 0]);
});

const weights = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 10 });

it('each has as many turns as its weight in any sum(w) turns, and less than 2 sum(w)/w between two', () => {
  fc.assert(
    fc.property(weights, (all) => {
      const sum = all.reduce((total, weight) => total + weight, 0);
      const turns = take(weighted(all), 3 * sum, Array(all.length).fill(true));
      for (const [at, weight] of all.entries()) {
        const places = turns.flatMap((turn, place) => (turn === at ? [place] : []));
        for (const [n, place] of places.entries()) {
          const later = places[n + weight];
          if (later !== undefined) expect(later - place).toBe(sum);
          const next = places[n + 1];
          if (next !== undefined) expect((next - place) * weight).toBeLessThan(2 * sum);
        }
      }
    }),
  );
});

it('those who may not have their turn are passed over, and the others keep their places', () => {
  const order = weighted([2, 1, 1]);
  expect(take(order, 3, [false, true, true])).toEqual([1, 2, 1]);
  expect(take(order, 2, [false, false, false])).toEqual([undefined, undefined]);
  expect(take(order, 4, [true, true, true])).toEqual([2, 0, 0, 1]);
});

it('in order, only the first one that may have it gets it', () => {
  const order = inOrder();
  expect(take(order, 2, [false, true, true])).toEqual([1, 1]);
  expect(take(order, 1, [true, true, true])).toEqual([0]);
  expect(take(order, 1, [false, false, false])).toEqual([undefined]);
});
