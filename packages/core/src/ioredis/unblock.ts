import { isRedpostError } from '../errors.js';
import type { Link } from './link.js';
import { mayResend } from './translate-error.js';

/** Changes nothing, but counts as a command that may write. */
const write = { command: 'EVAL', args: ['return 1', 0] } as const;

/**
 * Asks the server to end the blocked read of the client with this id. Resolves to false when that
 * client was not blocked (yet), or the server cannot be asked now.
 *
 * `CLIENT UNBLOCK` must not be sent by itself: a command that may write leaves before it, on the
 * same socket and in the same piece. Where the user may not send that one, neither is sent.
 *
 * @throws RedpostError when it will not be possible later either, e.g. because it is not permitted.
 */
export async function unblock(link: Link, clientId: number): Promise<boolean> {
  if (!link.isUp) return false;
  const [permission] = await link.sendAll([write]);
  if (isRefused(permission) || !link.isUp) return false;
  const [, unblocked] = await link.sendAll([
    write,
    { command: 'CLIENT', args: ['UNBLOCK', clientId] },
  ]);
  return !isRefused(unblocked) && unblocked === 1;
}

function isRefused(answer: unknown): boolean {
  if (!isRedpostError(answer)) return false;
  if (mayResend(answer)) return true;
  throw answer;
}
