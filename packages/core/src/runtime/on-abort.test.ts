import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { onAbort } from './on-abort.js';

it('however many wait for a signal, it has one listener, and none when they have gone', () => {
  const { signal } = new AbortController();
  const forget = Array.from({ length: 20 }, () => onAbort(signal, () => {}));

  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  for (const each of forget) each();
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

it('waiting listeners are called once, removed ones are not', () => {
  const controller = new AbortController();
  const told: string[] = [];
  onAbort(controller.signal, () => told.push('one'));
  const forget = onAbort(controller.signal, () => told.push('two'));
  onAbort(controller.signal, () => told.push('three'));
  forget();
  forget();

  controller.abort();

  expect(told).toEqual(['one', 'three']);
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  onAbort(controller.signal, () => expect.unreachable())();
});
