import { expect, it } from 'vitest';
import { CallSize } from './call-size.js';

it('asks for as many messages as it may, or as many as fit into 256 KiB, and always for one', () => {
  const size = new CallSize(500);
  expect(size.count).toBe(500);
  size.note(10, 10 * 1024);
  expect(size.count).toBe(256);
  size.note(2, 10_000_000);
  expect(size.count).toBe(1);
  size.note(1, 0);
  expect(size.count).toBe(500);
});
