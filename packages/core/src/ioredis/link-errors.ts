import type { Cluster } from 'ioredis';
import { ClosedError, ConnectionError, type RedpostError, TimeoutError } from '../errors.js';
import { speaksNoTls, whyFailed } from './translate-error.js';

/** The error of a call that waited for a server that cannot be reached. */
export function unreachableError(
  { address, usesTls = false }: { address: string; usesTls?: boolean | undefined },
  lastError: RedpostError | undefined,
): ConnectionError {
  const reason = lastError?.cause as Error | undefined;
  const why = reason ? whyFailed(reason, usesTls) : usesTls ? speaksNoTls : '';
  return new ConnectionError(`Redis at ${address} cannot be reached${why && ` (${why})`}`, {
    outcome: 'not-executed',
    cause: reason,
  });
}

/** The error of a call whose deadline has passed before it was sent to a server that answers. */
export function notSentError(address: string, why: string): TimeoutError {
  const message = `A call was not sent to Redis at ${address}, ${why}`;
  return new TimeoutError(message, { outcome: 'not-executed' });
}

/** The error of a call that was sent, and not answered before its deadline. */
export function unansweredError(address: string, command: string): TimeoutError {
  const message = `Redis at ${address} did not answer ${command} in time`;
  return new TimeoutError(message, { outcome: 'unknown' });
}

/** The error of a link that is down, where nothing says more about the reason. */
export function lostError(address: string, why: string): ConnectionError {
  const message = `The connection to Redis at ${address} was lost: ${why}`;
  return new ConnectionError(message, { outcome: 'unknown' });
}

/** The error of calls when the caller has ended a client of his own. */
export function endedError(address: string): ConnectionError {
  const message =
    `The client of Redis at ${address} that connect() was given has ended: by its quit() or disconnect(), ` +
    'or because its retryStrategy gave up. Have it connect() again, or connect another one';
  return new ConnectionError(message, { outcome: 'not-executed', retryable: false });
}

export function closedError(address: string, outcome: 'not-executed' | 'unknown'): ClosedError {
  return new ClosedError(`The connection to Redis at ${address} is closed`, { outcome });
}

/** Of a Cluster that did answer, and to which ioredis hangs up without a word. */
export function whyNotReady({ slots }: Cluster): Error {
  const isNameless = slots.length > 0 && slots.every((nodes) => nodes.length === 0);
  return new Error(
    isNameless
      ? 'The Cluster is not ready: its nodes announce no address in CLUSTER SLOTS. Let them announce one ' +
          '(cluster-announce-ip), or give connect() their addresses rather than a client'
      : 'The Cluster is not ready: its CLUSTER INFO says why, e.g. cluster_state:fail',
  );
}
