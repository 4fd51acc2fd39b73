import { expect, it } from 'vitest';
import { bodiesOf, firstNumber, largeBytes, smallBytes } from './body.js';

it.each([smallBytes, largeBytes])('makes bodies whose JSON has %d bytes', (bytes) => {
  const bodyOf = bodiesOf(bytes);

  for (const n of [firstNumber, 9_999_999]) {
    expect(Buffer.byteLength(JSON.stringify(bodyOf(n)))).toBe(bytes);
  }
});
