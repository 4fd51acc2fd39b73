import type { Redis, RedisOptions } from 'ioredis';
import { messageOf } from '../error-text.js';
import { asError, InvalidArgumentError } from '../errors.js';
import { longestTimerMs } from '../options/check.js';
import { pause } from '../runtime/timers.js';

/** With what to log in to Redis. */
export interface Credentials {
  /** Default `default`, as Redis calls the user of those who name none. */
  username?: string | undefined;
  /** The password, or a token that stands for one. */
  password: string;
}

/** Asked whenever a socket is opened, so that what it returns may change: see `ConnectOptions`. */
export type CredentialsSource = () => Credentials | Promise<Credentials>;

/** How a socket is to begin. */
export interface Login {
  username?: string | null | undefined;
  password?: string | null | undefined;
  /** The number of a database; without it, the one of the options. */
  database?: number | undefined;
}

/** Says how a socket is to begin that is being opened. */
export type ReadLogin = () => Login | Promise<Login>;

/** What of ioredis stands between a client and its socket. */
interface Connector {
  connecting: boolean;
  connect(emit: (event: string, error: Error) => void): Promise<unknown>;
}

/** What a client remembers of its present connection, and of the one before. */
interface Internals {
  connector: Connector;
  condition: { auth: unknown; select: number };
  prevCondition: { select: number } | null;
}

/** How long to wait before credentials are asked for again that were not to be had, in ms. */
const retryMs = { first: 100, longest: 5000 };

/**
 * Has a client log in with what `read` says whenever it opens a socket, rather than with what its
 * options said when it was made. It must have been made to connect lazily.
 *
 * @param connects whether it is to connect now.
 */
export function logInWith(client: Redis, read: ReadLogin, connects = true): void {
  const internals = client as unknown as Internals;
  const { connector } = internals;
  const open = connector.connect.bind(connector);
  connector.connect = async (emit) => {
    connector.connecting = true;
    for (let waitMs = retryMs.first; ; waitMs = Math.min(waitMs * 2, retryMs.longest)) {
      try {
        const login = await read();
        if (!connector.connecting) throw new Error('Connection is closed.');
        begin(client, internals, login);
        break;
      } catch (error) {
        if (!connector.connecting) throw error;
        emit('error', asError(error));
        await pause(waitMs, undefined, { ref: false });
      }
    }
    return open(emit);
  };
  // What fails is an event, and comes again.
  if (connects) client.connect().catch(ignore);
}

function begin(client: Redis, internals: Internals, login: Login): void {
  const { username, password, database } = login;
  // Copies are made of the options, and the socket begins as the condition says.
  Object.assign(client.options, { username, password });
  internals.condition.auth = username ? [username, password] : password;
  if (database === undefined) return;
  client.options.db = database;
  internals.condition.select = database;
  // Else the database of the last connection would be chosen again.
  internals.prevCondition = null;
}

/**
 * The database that a client's commands go to: the one that SELECT has chosen, or before the first
 * connection that of its options. A client that connects anew begins with that of its options,
 * and then chooses the one of its previous connection again.
 */
export function databaseOf(client: Redis): number {
  const { prevCondition, condition } = client as unknown as Partial<Internals>;
  return (prevCondition ?? condition)?.select ?? client.options.db ?? 0;
}

/** What a client of the caller's would log in with now. */
export function loginNow(client: Redis): Login {
  const { username, password } = client.options;
  return { username, password, database: databaseOf(client) };
}

/** Has clients choose the database that `own` chooses, also while they are connected. */
export function followDatabase(own: Redis): (client: Redis) => void {
  const followers = new Set<Redis>();
  const choose = (client: Redis) => {
    const database = databaseOf(own);
    // Behind a read that blocks, so that the next one is of the new database.
    if (databaseOf(client) !== database) client.select(database).catch(ignore);
  };
  const onSelect = () => followers.forEach(choose);
  return (client) => {
    if (followers.size === 0) own.on('select', onSelect);
    followers.add(client);
    client.on('ready', () => choose(client));
    client.once('end', () => {
      followers.delete(client);
      if (followers.size === 0) own.off('select', onSelect);
    });
  };
}

/**
 * How the sockets of a target are to log in, unless its options say it once and for all.
 *
 * @param own the options of the target.
 * @param ofClient what a client of the caller's logs in with now.
 * @throws InvalidArgumentError when there is a password beside `credentials`.
 */
export function loginOf(
  own: RedisOptions,
  options: { credentials?: CredentialsSource | undefined; connectTimeoutMs: number },
  ofClient: ReadLogin | undefined,
): ReadLogin | undefined {
  const { credentials, connectTimeoutMs } = options;
  if (!credentials) return ofClient;
  if (own.password) {
    throw new InvalidArgumentError(
      'credentials stand in for the password: leave it out of the URL or the options',
    );
  }
  const timeoutMs = connectTimeoutMs || longestTimerMs;
  const ask = async () => {
    const { username, password } = await inTime(credentials, timeoutMs);
    return { username: username ?? own.username ?? 'default', password };
  };
  let asked: Promise<Login> | undefined;
  // Once for all that are being opened.
  return () => {
    asked ??= ask().finally(() => {
      asked = undefined;
    });
    return asked;
  };
}

async function inTime(source: CredentialsSource, timeoutMs: number): Promise<Credentials> {
  const ended = new AbortController();
  const late = pause(timeoutMs, undefined, { ref: false, signal: ended.signal }).then(() => {
    throw new Error(`credentials() has not answered within ${timeoutMs} ms`);
  });
  late.catch(ignore);
  try {
    return checked(await Promise.race([answerOf(source), late]));
  } finally {
    ended.abort();
  }
}

async function answerOf(source: CredentialsSource): Promise<Credentials> {
  try {
    return await source();
  } catch (error) {
    throw new Error(`credentials() failed: ${messageOf(error)}`, { cause: error });
  }
}

/** What is wrong is not shown: it may be a password in the wrong place. */
function checked(given: Credentials): Credentials {
  const { username, password } = Object(given) as Partial<Credentials>;
  const isName = username === undefined || (typeof username === 'string' && username !== '');
  if (isName && typeof password === 'string' && password !== '') return given;
  throw new Error('credentials() must return { password } or { username, password }, as strings');
}

function ignore(): void {}
