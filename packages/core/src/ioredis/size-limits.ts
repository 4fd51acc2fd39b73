import { largestOf, mayBeTooLarge } from '../codecs/message-size.js';
import { ConnectionError, isRedpostError, MessageTooLargeError } from '../errors.js';
import type { Argument, Reply } from '../replies.js';

const names = ['proto-max-bulk-len', 'client-query-buffer-limit'];

export interface AskedServer {
  address: string;
  /** Reads a setting by `CONFIG GET`. */
  ask(name: string): Promise<Reply>;
}

/**
 * The error of a call, with whether the server hung up because of its size, where that did not come as an
 * answer: the server says nothing when `client-query-buffer-limit` is exceeded, and a proxy may not pass
 * on what it says.
 */
export async function withSizeLimit(
  error: unknown,
  args: readonly Argument[],
  server: AskedServer,
): Promise<unknown> {
  const isBroken = isRedpostError(error, 'CONNECTION') && error.outcome === 'unknown';
  if (!isBroken || !mayBeTooLarge(args)) return error;
  const { address } = server;
  const bytes = largestOf(args);
  const limit = await smallestLimit(server);
  if (limit !== undefined && bytes > limit) {
    const said = `its limit is ${limit} bytes, and it hung up`;
    return new MessageTooLargeError({
      bytes,
      maxBytes: limit,
      server: { address, said },
      cause: error,
    });
  }
  const message =
    `${error.message}. It was sent a message of ${bytes} bytes: if that breaks it each time, look at ` +
    `${names.join(' and ')} of the server`;
  return new ConnectionError(message, { outcome: 'unknown', cause: error });
}

async function smallestLimit({ ask }: AskedServer): Promise<number | undefined> {
  try {
    const answers = (await Promise.all(names.map(ask))) as Buffer[][];
    return Math.min(...answers.map(([, limit]) => Number(limit)));
  } catch {
    // CONFIG is not permitted, or the server does not answer any more.
    return undefined;
  }
}
