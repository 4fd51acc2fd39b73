import { wholeNumber } from './check.js';
import { MessageTooLargeError } from './errors.js';

/**
 * What one message may have if nobody says otherwise: half of what Redis lets pile up for a
 * subscriber (`client-output-buffer-limit pubsub 32mb`) before it hangs up.
 */
const defaultBytes = 16 * 1024 * 1024;
/** What Redis takes as one string: `proto-max-bulk-len`. */
const mostBytes = 512 * 1024 * 1024;

/** The option `maxMessageBytes`. @throws InvalidArgumentError for a limit that cannot be. */
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
