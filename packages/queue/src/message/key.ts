import { checkedName, InvalidArgumentError, shown } from '@redpost/core';

const longestBytes = 256;

/** @throws InvalidArgumentError for what cannot be the key of a message. */
export function checkKey(key: unknown): void {
  const text = checkedName('The key of a message', key);
  if (Buffer.byteLength(text) <= longestBytes) return;
  throw new InvalidArgumentError(
    `The key of a message has at most ${longestBytes} bytes, got ${shown(key)}`,
  );
}
