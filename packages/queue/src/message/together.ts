import { decodeEnvelope } from './envelope.js';

/**
 * The text by which a message is in one partition with others, as its producer has it (see `Outgoing`): its key, that of `once`, or
 * its id if its result is kept. Undefined for a message that may be in any, and for one that cannot be read.
 */
export function togetherIn(element: Buffer): string | undefined {
  try {
    const { key, onceKey, keepResultMs, id } = decodeEnvelope(element, '');
    return key ?? onceKey ?? (keepResultMs === undefined ? undefined : id);
  } catch {
    return undefined;
  }
}
