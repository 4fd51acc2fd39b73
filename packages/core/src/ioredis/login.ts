import type { Redis, RedisOptions } from 'ioredis';
import { messageOf } from '../error-text.js';
import { asError, InvalidArgumentError } from '../errors.js';
import { longestTimerMs } from '../options/check.js';
import { pause } from '../runtime/timers.js';

/** The credentials for Redis. */
export interface Credentials {
  /** Default: `default`, the name of Redis's default user. */
  username?: string | undefined;
  /** The password, or a token that stands for one. */
  password: string;
}

/** Asked whenever a socket is opened, so that what it returns may change: see `ConnectOptions`. */
export type CredentialsSource = () => Credentials | Promise<Credentials>;

/** The credentials and the database of a new socket. */
export interface Login {
  username?: string | null | undefined;
  password?: string | null | undefined;
  /** The number of the database. Default: the one of the options. */
  database?: number | undefined;
}

/** Called for each socket that is being opened. */
export type ReadLogin = () => Login | Promise<Login>;

/** The part of ioredis between a client and its socket. */
interface Connector {
  connecting: boolean;
  connect(emit: (event: string, error: Error) => void): Promise<unknown>;
}

/** What ioredis stores about the present connection of a client, and the previous one. */
interface Internals {
  connector: Connector;
  condition: { auth: unknown; select: number };
  prevCondition: { select: number } | null;
}

/** How long to wait before failed credentials are asked for again, in ms. */
const retryMs = { first: 100, longest: 5000 };

/**
 * Makes a client log in with the result of `read` whenever it opens a socket, instead of the options that it
 * was made with. It must have been made with `lazyConnect`.
 *
 * @param connects whether the client connects now.
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
  // A failure is an event, and the client tries again.
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
  // Otherwise ioredis would select the database of the previous connection.
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

/** The present credentials and database of the caller's client. */
export function loginNow(client: Redis): Login {
  const { username, password } = client.options;
  return { username, password, database: databaseOf(client) };
}

/** Makes clients select each database that `own` selects, even while they are connected. */
export function followDatabase(own: Redis): (client: Redis) => void {
  const followers = new Set<Redis>();
  const choose = (client: Redis) => {
    const database = databaseOf(own);
    // SELECT waits behind a blocked read, so that the next read uses the new database.
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
 * How the sockets of a target log in, unless fixed options suffice.
 *
 * @param own the options of the target.
 * @param ofClient returns the present credentials of the caller's client.
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
  // One request serves all sockets that are being opened.
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

/** The wrong value is not shown: it may be a password in the wrong place. */
function checked(given: Credentials): Credentials {
  const { username, password } = Object(given) as Partial<Credentials>;
  const isName = username === undefined || (typeof username === 'string' && username !== '');
  if (isName && typeof password === 'string' && password !== '') return given;
  throw new Error('credentials() must return { password } or { username, password }, as strings');
}

function ignore(): void {}
