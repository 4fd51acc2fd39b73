import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { Cluster, type ClusterNode, type ClusterOptions, Redis, type RedisOptions } from 'ioredis';
import { shown } from '../check.js';
import { InvalidArgumentError } from '../errors.js';

/**
 * What no target may change: the shapes of replies that the code expects, and that nothing but a
 * deadline of ours ends a call. (ioredis's own timeouts leave a blocked read in the server, which
 * then takes an element that nobody receives.)
 */
const fixed = {
  replyMapping: 'legacy',
  stringNumbers: false,
  commandTimeout: undefined,
  blockingTimeout: undefined,
} as const;

/** An ioredis client: for one server (or a Sentinel's master), or for a Cluster. */
export type Client = Redis | Cluster;

/**
 * Where Redis is:
 * - a URL: `redis://user:password@host:6379/0`, `rediss://…` (TLS), `unix:///run/redis.sock`;
 * - the options of ioredis for one server, or with `sentinels` and `name` for a Sentinel;
 * - an array of nodes (URLs or `{ host, port }`) for a Cluster;
 * - an ioredis client of your own, which is used for commands and never closed here. Whether it sends
 *   a command again whose connection broke is then for its `autoResendUnfulfilledCommands` to say.
 */
export type ConnectionTarget = string | RedisOptions | readonly (string | ClusterNode)[] | Client;

/** Where a node of a Cluster listens. */
export interface Node {
  host: string;
  port: number;
}

/** A {@link ConnectionTarget} understood: what the rest of the code needs to open sockets. */
export interface Target {
  /** For messages: never holds a password. */
  readonly address: string;
  /** A Cluster answers blocked reads on sockets we cannot address from another one. */
  readonly isCluster: boolean;
  /** The caller's own client, if that is what was given. */
  readonly client?: Client;
  /** The same for `connect()`, where a client of the caller's does not exist: in another thread. */
  readonly settings?: unknown;
  /** A new client; `options` win over what the target says. */
  create(options: RedisOptions): Client;
  /** A new client for one server that carries Pub/Sub: in a Cluster for `node`, or else any. */
  createSubscriber(options: RedisOptions, node?: Node): Redis;
}

/** @param tls for URLs: what `rediss://` says too little about. */
export function parseTarget(target: ConnectionTarget, tls?: TlsOptions): Target {
  if (typeof target === 'string') return serverTarget(withTls(parseUrl(target), tls));
  if (Array.isArray(target)) {
    return clusterTarget(target.map((node) => withTls(parseNode(node), tls) as ClusterNode));
  }
  if (tls) throw new InvalidArgumentError('tls belongs into the options of ioredis themselves');
  if (typeof target !== 'object' || target === null) {
    throw new InvalidArgumentError(
      `connect() takes a URL, ioredis options, an array of Cluster nodes or an ioredis client, got ${shown(target)}`,
    );
  }
  return isClient(target) ? clientTarget(target) : serverTarget(target as RedisOptions);
}

function serverTarget(own: RedisOptions): Target {
  refuseUnsupported(own);
  const create = (options: RedisOptions) => new Redis({ ...own, ...options, ...fixed });
  const address = addressOf(own);
  return { address, isCluster: false, settings: own, create, createSubscriber: create };
}

function clusterTarget(given: readonly (string | ClusterNode)[], own: ClusterOptions = {}): Target {
  if (given.length === 0) throw new InvalidArgumentError('A Cluster needs at least one node');
  refuseUnsupported({ ...own.redisOptions, ...(own.keyPrefix && { keyPrefix: own.keyPrefix }) });
  const nodes = given.map(parseNode);
  const shared = { ...sharedBy(nodes), ...own.redisOptions };
  let next = 0;
  return {
    address: nodes.map(addressOf).join(', '),
    isCluster: true,
    settings: given,
    create: (options) =>
      new Cluster(nodes, {
        ...own,
        // A command whose connection broke may have been executed: it must not be sent again.
        retryDelayOnFailover: 0,
        redisOptions: { ...shared, ...options, ...fixed },
      }),
    createSubscriber: (options, at) => {
      const node = at ?? nodes[next++ % nodes.length];
      // It gives up when its node does: the next one made here asks the next node.
      const retryStrategy = () => null;
      return new Redis({ ...shared, ...node, ...options, retryStrategy, ...fixed });
    },
  };
}

function clientTarget(client: Client): Target {
  if (client instanceof Cluster || 'nodes' in client) {
    const cluster = client as Cluster;
    const { startupNodes } = cluster as unknown as { startupNodes: (string | ClusterNode)[] };
    return { ...clusterTarget(startupNodes, cluster.options), settings: undefined, client };
  }
  return { ...serverTarget(client.options), settings: undefined, client };
}

function isClient(target: object): target is Client {
  return 'callBuffer' in target && 'duplicate' in target;
}

function parseNode(node: string | ClusterNode): RedisOptions {
  if (typeof node === 'number') return { host: '127.0.0.1', port: node };
  if (typeof node === 'object' && node !== null) return node as RedisOptions;
  if (typeof node !== 'string') {
    throw new InvalidArgumentError(`A Cluster node is a URL or { host, port }, got ${shown(node)}`);
  }
  return parseUrl(node.includes('://') ? node : `redis://${node}`);
}

/** A Cluster's nodes share one password, and TLS: those of the first node that has them. */
function sharedBy(nodes: readonly RedisOptions[]): RedisOptions {
  const { username, password } = nodes.find((node) => node.password !== undefined) ?? {};
  const tls = nodes.find((node) => node.tls !== undefined)?.tls;
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls !== undefined && { tls }),
  };
}

function withTls(options: RedisOptions, tls: TlsOptions | undefined): RedisOptions {
  if (!tls) return options;
  if (options.tls) return { ...options, tls };
  throw new InvalidArgumentError('tls is for a URL that starts with rediss://');
}

function parseUrl(text: string): RedisOptions {
  if (text.startsWith('/')) return { path: text };
  // What cannot be parsed is not shown: it may hold a password.
  if (!URL.canParse(text)) {
    throw new InvalidArgumentError('The Redis URL cannot be parsed: write redis://host:6379');
  }
  const url = new URL(text);
  if (!['redis:', 'rediss:', 'unix:'].includes(url.protocol)) {
    // Nor is what stands in their place: of `secret@host:6379` it would be the password.
    throw new InvalidArgumentError('A Redis URL starts with redis://, rediss:// or unix://');
  }
  const isUnix = url.protocol === 'unix:';
  const db = isUnix ? url.searchParams.get('db') : url.pathname.slice(1);
  // Nor is what stands there shown: with a slash in it, it may be the rest of a password.
  if (db && !/^\d+$/.test(db)) {
    throw new InvalidArgumentError(
      'What follows the host in a Redis URL is the number of a database',
    );
  }
  if (isUnix && url.host) {
    throw new InvalidArgumentError(
      'The URL of a unix socket has three slashes: unix:///run/redis.sock',
    );
  }
  return {
    ...(isUnix
      ? { path: decoded(url.pathname) }
      : {
          host: url.hostname.replace(/^\[|\]$/g, '') || '127.0.0.1',
          port: Number(url.port || 6379),
        }),
    ...(url.username && { username: decoded(url.username) }),
    ...(url.password && { password: decoded(url.password) }),
    ...(db && { db: Number(db) }),
    ...(url.protocol === 'rediss:' && { tls: {} }),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new InvalidArgumentError('A percent sign in a Redis URL is written %25');
  }
}

function addressOf(options: RedisOptions): string {
  if (options.sentinels?.length) {
    const sentinels = options.sentinels.map(({ host, port }) => `${host}:${port ?? 26379}`);
    return `${options.name ?? 'mymaster'} (sentinels ${sentinels.join(', ')})`;
  }
  return options.path ?? `${options.host ?? '127.0.0.1'}:${options.port ?? 6379}`;
}

function refuseUnsupported({ keyPrefix, replyMapping, stringNumbers }: RedisOptions): void {
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
}
