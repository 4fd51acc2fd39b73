import { expect, it } from 'vitest';
import { disorder, type KeyedCall } from './key-order.js';

function call(n: number, startedAt: number, handledAt: number | undefined): KeyedCall {
  const endedAt = handledAt ?? startedAt + 10;
  return { process: 'p', key: `m${n}`, n, startedAt, endedAt, ...(handledAt && { handledAt }) };
}

it('one after the other is in order, also when one comes again before the next', () => {
  const calls = [call(0, 0, undefined), call(0, 20, 30), call(1, 30, 40)];
  expect(disorder(calls)).toEqual({ together: [], early: [], late: [] });
});

it('what starts before another one has ended is found', () => {
  expect(disorder([call(0, 0, 10), call(1, 5, 20)])).toMatchObject({ together: ['m1'] });
});

it('what passes one that has failed is found, and so is the one that was passed', () => {
  const calls = [call(0, 0, undefined), call(1, 20, 30), call(0, 40, 50)];
  expect(disorder(calls)).toEqual({ together: [], early: ['m1'], late: ['m0'] });
});

it('what starts before one that never comes is found', () => {
  expect(disorder([call(1, 20, 30)])).toMatchObject({ early: [] });
  expect(disorder([call(0, 0, undefined), call(2, 20, 30)])).toMatchObject({ early: ['m2'] });
});
