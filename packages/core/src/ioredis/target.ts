import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { Cluster, ClusterNode, Redis, RedisOptions, SentinelAddress } from 'ioredis';
import type { Node } from './announced-address.js';
import type { CredentialsSource } from './login.js';
import type { OwnClient } from './own-client.js';
import type { SocketsOfTarget } from './socket-options.js';

/** An ioredis client: for one server (or a Sentinel's master), or for a Cluster. */
export type Client = Redis | Cluster;

/**
 * Where Redis is:
 * - a URL, as text or as a `URL`: `redis://user:password@host:6379/0`, `rediss://…` (TLS),
 *   `unix:///run/redis.sock`; behind a `?`, it may name `db`, `protocol` (2 or 3) and `family` (4 or 6);
 * - the options of ioredis for one server, or with `sentinels` and `name` for a Sentinel;
 * - an array of nodes (URLs or `{ host, port }`) for a Cluster;
 * - a client of your own, of ioredis 5 or 6 or of iovalkey, which is used for commands and never closed here.
 *   Further sockets begin with its database, user and password as they are when such a socket is opened. Its
 *   `autoResendUnfulfilledCommands` decides whether a command whose connection broke is sent again. After
 *   this process stood still, a socket of it on which Redis does not answer is cut, so that it connects anew.
 */
export type ConnectionTarget =
  | string
  | URL
  | RedisOptions
  | readonly (string | URL | ClusterNode)[]
  | OwnClient;

/** Where a Sentinel listens. */
export type Sentinel = Partial<SentinelAddress>;

/** Further options of `connect()`. */
export interface TargetOptions {
  /** For URLs: the TLS options of `rediss://`. */
  tls?: TlsOptions | undefined;
  credentials?: CredentialsSource | undefined;
  /** How long a socket may take to connect, in ms. */
  connectTimeoutMs?: number | undefined;
}

/** A parsed {@link ConnectionTarget}: all that the rest of the code needs to open sockets. */
export interface Target extends SocketsOfTarget {
  /** For messages: never holds a password. */
  readonly address: string;
  /** In a Cluster, another socket may lead to another node, which cannot end a blocked read. */
  readonly isCluster: boolean;
  /** Of a Cluster: the database of all its nodes. */
  readonly database?: number;
  /** The caller's own client, if the target is one. */
  readonly client?: Client;
  /** The same for `connect()` in another thread, where a client of the caller's cannot be used. */
  readonly settings?: unknown;
  /** The Sentinels, if there are any, in the order in which they are asked, and their options. */
  readonly sentinels?: { readonly own: RedisOptions; readonly addresses: Sentinel[] };
  /** A new client. `options` take precedence over those of the target. */
  create(options: RedisOptions): Client;
  /** A new client for one server that carries Pub/Sub: in a Cluster for `node`, or else any. */
  createSubscriber(options: RedisOptions, node?: Node): Redis;
  /** Where to reach a node that the Cluster has announced, perhaps without a host. */
  reach(announced: { host: string | null; port: number }): Node;
}
