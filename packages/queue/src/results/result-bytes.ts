import { encodeBody, refuseTooLarge } from '@redpost/core';
import type { QueueContext } from '../context.js';

/**
 * A result or a progress as bytes; undefined for undefined.
 *
 * @throws EncodeError, MessageTooLargeError.
 */
export function resultBytes(
  { resultCodec, maxMessageBytes }: Pick<QueueContext, 'resultCodec' | 'maxMessageBytes'>,
  value: unknown,
): string | Buffer | undefined {
  if (value === undefined) return undefined;
  const encoded = encodeBody(resultCodec, value);
  const bytes = typeof encoded === 'string' ? encoded : Buffer.from(encoded);
  refuseTooLarge(bytes, maxMessageBytes);
  return bytes;
}
