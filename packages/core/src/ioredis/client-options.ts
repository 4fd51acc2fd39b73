import { Redis, type RedisOptions } from 'ioredis';
import { InvalidArgumentError } from '../errors.js';
import { shown } from '../options/check.js';

/**
 * Options that no target may change: they ensure the shapes of replies that the code expects, that a command
 * leaves when it is given and in that order, and that only a deadline of ours ends a call. (ioredis's own
 * timeouts leave a blocked read in the server, which then takes an element that nobody receives.)
 */
export const fixed = {
  replyMapping: 'legacy',
  stringNumbers: false,
  enableAutoPipelining: false,
  himportFieldsets: undefined,
  commandTimeout: undefined,
  blockingTimeout: undefined,
} as const;

/** The same for a Cluster: a read has to see earlier writes. */
export const fixedForCluster = {
  enableAutoPipelining: false,
  himportFieldsets: undefined,
  scaleReads: 'master',
  shardedSubscribers: false,
  // A command whose connection broke may have been executed: it must not be sent again.
  retryDelayOnFailover: 0,
} as const;

/**
 * Defaults that a target may change. ioredis would send `CLIENT SETINFO` on each connection, which Redis
 * before 7.2 does not know: there no rule of an ACL may name it, and in later versions a rule without it
 * fills `ACL LOG`.
 */
export const defaults = { disableClientInfo: true } as const;

/** Options of ioredis that stand as the caller has set them, where ours are only a default. */
const honoured = [
  'connectTimeout',
  'disconnectTimeout',
  'maxLoadingRetryTime',
  'connectionName',
  'clientInfoTag',
] as const;

/** {@link honoured} options that a caller has set. */
export type HonouredOptions = Partial<Pick<RedisOptions, (typeof honoured)[number]>>;

/**
 * The {@link honoured} options that a caller has set. An existing client has all of them: there, options that
 * differ from ioredis's defaults were set.
 */
export function honouredOf(own: RedisOptions, isOfClient: boolean): HonouredOptions {
  const { defaultOptions } = Redis as unknown as { defaultOptions: RedisOptions };
  const set = honoured.filter((name) => {
    return own[name] !== undefined && !(isOfClient && own[name] === defaultOptions[name]);
  });
  return Object.fromEntries(set.map((name) => [name, own[name]]));
}

/** @throws InvalidArgumentError for an option that would change behaviour that the code relies on. */
export function refuseUnsupported(own: RedisOptions): void {
  const { keyPrefix, replyMapping, stringNumbers, monitor } = own;
  if (keyPrefix) {
    throw new InvalidArgumentError(
      'keyPrefix is not supported: it would not reach channels. Put the prefix into the name of each queue',
    );
  }
  if (replyMapping === 'resp3' || stringNumbers) {
    throw new InvalidArgumentError(
      'replyMapping and stringNumbers are not supported: they change the shapes of replies',
    );
  }
  if (monitor) {
    throw new InvalidArgumentError('monitor is not supported: such a client sends no commands');
  }
}

/** @throws InvalidArgumentError for a client of the caller's that sends commands at another time. */
export function refuseAutoPipelining(client: {
  options: { enableAutoPipelining?: boolean | undefined };
}): void {
  if (!client.options.enableAutoPipelining) return;
  throw new InvalidArgumentError(
    'A client with enableAutoPipelining cannot be used: it delays commands and sends them together, ' +
      'by methods that most commands do not have. Give connect() a client without it, or its options or ' +
      'URL: then redpost creates its own clients, and batches calls itself',
  );
}

/**
 * The database of a Cluster that is chosen by options of its nodes, or of all of them.
 *
 * @param isOwn whether they are of a client of the caller's.
 * @throws InvalidArgumentError when there are several, or one that could not be relied on.
 */
export function clusterDatabase(all: readonly RedisOptions[], isOwn: boolean): number {
  const chosen = new Set(all.map(({ db }) => db).filter((db) => db !== undefined));
  if (chosen.size > 1) {
    throw new InvalidArgumentError(
      `All nodes of a Cluster are used with the same database, and ${[...chosen].map(shown).join(' and ')} were asked for`,
    );
  }
  const [database = 0] = chosen;
  if (database === 0 || !isOwn) return database;
  throw new InvalidArgumentError(
    `A Cluster client of ioredis uses database 0 where a node refuses database ${shown(database)}: give connect() the ` +
      "URLs of the nodes instead, e.g. ['redis://node-1:6379/1']",
  );
}

/** The options of ioredis 5 and 6, and of its connectors. */
const known = new Set([
  ...Object.keys((Redis as unknown as { defaultOptions: RedisOptions }).defaultOptions),
  ...['host', 'port', 'path', 'tls', 'Connector', 'monitor', 'scripts', 'showFriendlyErrorStack'],
  ...['commandTimeout', 'blockingTimeout', 'socketTimeout', 'clientInfoTag', 'disableClientInfo'],
  ...['sentinelUsername', 'sentinelPassword', 'sentinelCommandTimeout', 'sentinelTLS'],
  ...['preferredSlaves', 'himportFieldsets', 'offlineQueue', 'commandQueue', 'readOnly'],
]);

/**
 * @throws InvalidArgumentError for a target that is not made of options of ioredis: ioredis would ignore it,
 *   and connect to this machine.
 */
export function refuseUnknown(own: object): void {
  const prototype = Object.getPrototypeOf(own) as object | null;
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw new InvalidArgumentError(
      'connect() cannot use a client of another library than ioredis: give it the URL of Redis, or the ' +
        'options of ioredis',
    );
  }
  // A connector of the caller's may have options of its own.
  if ('Connector' in own) return;
  const unknown = Object.keys(own).filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  if (unknown.includes('url')) {
    throw new InvalidArgumentError(
      'connect() takes the URL itself: connect(url) rather than connect({ url })',
    );
  }
  throw new InvalidArgumentError(
    `ioredis has no option ${shown(unknown[0])}: connect() takes a URL, or options of ioredis such as ` +
      '{ host, port, password, db, tls }. Those of redpost are its second argument',
  );
}
