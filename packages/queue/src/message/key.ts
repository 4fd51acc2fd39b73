import { checkedName, InvalidArgumentError, shown } from '@redpost/core';

const longestBytes = 256;

/** Messages without a key count together as one more key, which Redis and scripts know by this name. */
export const keyless = '';

/** @throws InvalidArgumentError for what cannot be a key of a message. @param what says which one it is. */
export function checkKey(key: unknown, what = 'The key of a message'): void {
  const text = checkedName(what, key);
  if (Buffer.byteLength(text) <= longestBytes) return;
  throw new InvalidArgumentError(`${what} has at most ${longestBytes} bytes, got ${shown(key)}`);
}
