import { largestOf, mayBeTooLarge } from '../codecs/message-size.js';
import { isError } from '../error-text.js';
import {
  asError,
  ConnectionError,
  isRedpostError,
  MessageTooLargeError,
  OutOfMemoryError,
  type RedpostError,
  ServerError,
} from '../errors.js';
import type { Argument } from '../replies.js';

/** Answers that mean "not now": the command was not executed and may be sent again. */
const passing = new Set([
  'LOADING',
  'READONLY',
  'MASTERDOWN',
  'CLUSTERDOWN',
  'TRYAGAIN',
  'BUSY',
  'UNBLOCKED',
  // Only when several commands were sent together: a single command is redirected by the client itself.
  'MOVED',
  'ASK',
]);

/** Answers that mean "not until somebody has helped the server". */
const curable = new Set(['MISCONF', 'NOREPLICAS']);

/** The messages of ioredis when it refused to write a command. */
const notWritten =
  /^credentials\(\)|^Stream isn't writeable|^Cluster isn't ready|^The Cluster is not ready|^The connection was closed before|^None of startup nodes|^Failed to refresh slots|^All keys in the pipeline|^Too many Cluster redirections\. Last error: ReplyError/;

/** The text that a server adds to an error from inside a script: since Redis 7, and before. */
const fromScript = /script: [0-9a-f]{40}|@user_script/;
/** Before Redis 7, the error of the command that the script had called stands at the end. */
const nestedReply = /@user_script: ?\d+: -?([A-Z]+) /;

/**
 * True for what ioredis emits when it has come to the end of its Sentinels, which it asks in turns, one for each time that it connects
 * (`findings/ioredis-asks-sentinels-in-turns.sh`). It has asked none of them then, and is about to ask the first one.
 */
export function hasAskedNobody(thrown: unknown): boolean {
  if (!isError(thrown)) return false;
  const { message } = thrown;
  return (
    /^All sentinels are unreachable\. Retrying/.test(message) && !message.includes('Last error')
  );
}

/** True when the same command may be sent again at once, because it surely was not executed. */
export function mayResend(error: unknown): boolean {
  if (isRedpostError(error, 'SERVER')) return passing.has(error.reply);
  return isRedpostError(error, 'CONNECTION') && error.outcome === 'not-executed';
}

/** True when a node of a Cluster says that another one has the key. */
export function hasMoved(error: unknown): boolean {
  return isRedpostError(error, 'SERVER') && error.reply === 'MOVED';
}

/** True when Redis answers but refuses the client: waiting will not help. */
export function isRefusal(error: unknown): error is RedpostError {
  if (isRedpostError(error, 'CONNECTION')) return !error.retryable;
  return (
    isRedpostError(error, 'SERVER') &&
    /^(WRONGPASS|NOAUTH|NOPERM|NOPROTO|DENIED)$/.test(error.reply)
  );
}

/**
 * An error of ioredis, as one of ours. Holds no arguments: they may be bodies or a password.
 *
 * @param usesTls whether TLS was spoken, if it failed while a socket was opened.
 */
export function translateError(
  thrown: unknown,
  address: string,
  { usesTls = false }: { usesTls?: boolean | undefined } = {},
): RedpostError {
  const args = argumentsOf(thrown);
  const cause = withoutArguments(asError(thrown));
  if (cause.name === 'ReplyError') {
    return tooLarge(cause, address, args) ?? serverError(cause, address);
  }

  const advice = tlsAdvice(cause);
  if (advice) return distrust(address, cause, advice);
  const outcome = notWritten.test(cause.message) ? 'not-executed' : 'unknown';
  // The message of ioredis advises an option that the caller cannot set.
  const brokeInFlight = cause.name === 'MaxRetriesPerRequestError';
  const why = brokeInFlight ? 'it broke before the answer came' : whyFailed(cause, usesTls);
  return new ConnectionError(`The connection to Redis at ${address} failed: ${why}`, {
    outcome,
    ...(!brokeInFlight && { cause }),
  });
}

/**
 * The message of a failed connection, with a possible mistake about TLS: an end without TLS may be silent, or
 * close the connection.
 */
export function whyFailed(
  cause: Error & { code?: unknown; lastNodeError?: unknown },
  usesTls: boolean,
): string {
  const { message, code, lastNodeError } = cause;
  // No node of the Cluster could be asked for its slots.
  if (isError(lastNodeError)) return `${message} ${lastNodeError.message}`;
  if (usesTls && message === 'connect ETIMEDOUT') return `${message}. ${speaksNoTls}`;
  if (!usesTls && code === 'ECONNRESET') return `${message}. ${speaksTls}`;
  return message;
}

/** For a socket that is still waiting for the other end to agree on TLS. */
export const speaksNoTls =
  'There may be no TLS at this port: is its URL redis:// rather than rediss://?';
const speaksTls =
  'If it did so from the beginning, is there TLS at this port, and its URL rediss://?';

type OfCommand = Error & { command?: { name?: string; args?: unknown[] } };

/** Whether a server refuses the database that a socket was to begin with. */
export function refusesDatabase(thrown: unknown): boolean {
  const { name, message, command } = Object(thrown) as OfCommand;
  // Others are temporary, like LOADING: the client tries again.
  return name === 'ReplyError' && command?.name === 'select' && /^(ERR|NOPERM)/.test(message);
}

/** The error of a server that refuses the database a socket was to begin with, if it is one. */
export function refusedDatabase(thrown: unknown, address: string): ServerError | undefined {
  if (!refusesDatabase(thrown)) return undefined;
  const { message, command } = thrown as OfCommand;
  const cause = withoutArguments(thrown as Error);
  return new ServerError(
    `Redis at ${address} refuses database ${command?.args?.[0]}: ${message}. Name another one, or none`,
    { reply: message.startsWith('NOPERM') ? 'NOPERM' : 'ERR', cause },
  );
}

/** The greeting failed, so nothing was sent; and it will fail again. */
function distrust(
  address: string,
  cause: Error & { reason?: string },
  advice: string,
): ConnectionError {
  // The message of OpenSSL contains positions in its source.
  const why = cause.reason ?? cause.message;
  const message = `The connection to Redis at ${address} failed: ${why}. ${advice}`;
  return new ConnectionError(message, { outcome: 'not-executed', retryable: false, cause });
}

/** Advice when Node or OpenSSL says that one side does not trust the other, or does not speak TLS. */
function tlsAdvice({ code }: Error & { code?: unknown }): string | undefined {
  const name = typeof code === 'string' ? code : '';
  if (/^ERR_SSL_(WRONG_VERSION|PACKET_LENGTH|HTTP_REQUEST)/.test(name)) {
    return 'There is no TLS at this port: is its URL redis:// rather than rediss://?';
  }
  if (/^ERR_SSL_.*(CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE)/.test(name)) {
    return 'Redis asks for a client certificate that it trusts: see tls.cert and tls.key';
  }
  if (name === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'Name Redis as its certificate does';
  if (/^(CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|INVALID_CA)/.test(name)) {
    return 'Name the authority of its certificate: see tls.ca, or NODE_EXTRA_CA_CERTS';
  }
  return undefined;
}

function serverError(cause: Error, address: string): RedpostError {
  const { message } = cause;
  const [reply = 'ERR'] = nestedReply.exec(message)?.slice(1) ?? /^[A-Z]+/.exec(message) ?? [];
  // Scripts are stopped for want of memory only before they have written anything.
  if (reply === 'OOM') return new OutOfMemoryError(outOfMemory(address), { cause });
  const isPassing = passing.has(reply);
  const isCurable = curable.has(reply);
  // A server that refuses one command of a script for such a reason refuses them all.
  const halfDone = fromScript.test(message) && !isPassing && !isCurable;
  return new ServerError(`Redis at ${address} answered: ${message}`, {
    reply,
    outcome: halfDone ? 'unknown' : 'not-executed',
    retryable: isPassing || isCurable,
    cause,
  });
}

/** The error of a server that hung up because an argument is too large, if it is one. */
function tooLarge(
  cause: Error,
  address: string,
  args: readonly Argument[],
): MessageTooLargeError | undefined {
  const { message } = cause;
  if (!message.startsWith('ERR Protocol error') || !mayBeTooLarge(args)) return undefined;
  const server = { address, said: message };
  return new MessageTooLargeError({ bytes: largestOf(args), maxBytes: undefined, server, cause });
}

function argumentsOf(thrown: unknown): readonly Argument[] {
  const { command } = Object(thrown) as { command?: { args?: Argument[] } };
  return command?.args ?? [];
}

function outOfMemory(address: string): string {
  return (
    `Redis at ${address} is out of memory: it uses more than its maxmemory, and stored nothing. ` +
    'Let consumers empty queues, or raise maxmemory'
  );
}

/** ioredis attaches the command to the error, and the error of the last node to the error of a Cluster. */
function withoutArguments(error: Error & { command?: unknown; lastNodeError?: unknown }): Error {
  if ('command' in error) delete error.command;
  if (isError(error.lastNodeError)) withoutArguments(error.lastNodeError);
  return error;
}
