import { MessageTooLargeError } from '../errors.js';
import { wholeNumber } from '../options/check.js';
import type { Argument } from '../replies.js';

/**
 * The default limit of one message: half of the output that Redis buffers for a subscriber
 * (`client-output-buffer-limit pubsub 32mb`) before it closes the connection.
 */
const defaultBytes = 16 * 1024 * 1024;
/** The largest string that Redis accepts: `proto-max-bulk-len`. */
const mostBytes = 512 * 1024 * 1024;

/**
 * No server can be configured to accept less than 1 MiB as one string (`proto-max-bulk-len`,
 * `client-query-buffer-limit`). Every server accepts a string with no more characters than this, of three
 * bytes at most.
 */
export const surelyTaken = Math.floor((1024 * 1024) / 3) - 1;

/** Whether some servers may refuse a command for the size of one of its arguments, and close the connection. */
export function mayBeTooLarge(args: readonly Argument[]): boolean {
  // A number has no length.
  for (const arg of args) if ((arg as string).length > surelyTaken) return true;
  return false;
}

/** The size of the largest argument, in bytes. */
export function largestOf(args: readonly unknown[]): number {
  const sizeOf = (arg: unknown) =>
    Buffer.isBuffer(arg) ? arg.length : Buffer.byteLength(`${arg}`);
  return args.reduce<number>((most, arg) => Math.max(most, sizeOf(arg)), 0);
}

/** The option `maxMessageBytes`. @throws InvalidArgumentError for a limit that is not possible. */
export function checkedMaxMessageBytes(maxMessageBytes = defaultBytes): number {
  return wholeNumber('maxMessageBytes', maxMessageBytes, { min: 1, max: mostBytes });
}

/** @throws MessageTooLargeError when `message` has more than `maxBytes` as UTF-8. */
export function refuseTooLarge(message: string | Uint8Array, maxBytes: number): void {
  // No character of a string has more than three bytes: few strings need counting.
  const mostOf = typeof message === 'string' ? message.length * 3 : message.length;
  if (mostOf <= maxBytes) return;
  const bytes = Buffer.byteLength(message);
  if (bytes > maxBytes) throw new MessageTooLargeError({ bytes, maxBytes });
}
