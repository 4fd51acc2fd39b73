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
 * - a client of your own, of ioredis 5 or 6 or of iovalkey, which is used for commands and never closed here. Further sockets
 *   begin with its database, user and password as they are when such a socket is opened. Whether it
 *   sends a command again whose connection broke is then for its `autoResendUnfulfilledCommands` to say.
 *   After this process stood still, a socket of it on which Redis does not answer is cut, so that it
 *   connects anew.
 */
export type ConnectionTarget =
  | string
  | URL
  | RedisOptions
  | readonly (string | URL | ClusterNode)[]
  | OwnClient;

/** Where a Sentinel listens. */
export type Sentinel = Partial<SentinelAddress>;

/** What else says how to reach it. */
export interface TargetOptions {
  /** For URLs: what `rediss://` says too little about. */
  tls?: TlsOptions | undefined;
  credentials?: CredentialsSource | undefined;
  /** How long a socket may take until it is connected, in ms. */
  connectTimeoutMs?: number | undefined;
}

/** A {@link ConnectionTarget} understood: what the rest of the code needs to open sockets. */
export interface Target extends SocketsOfTarget {
  /** For messages: never holds a password. */
  readonly address: string;
  /** A Cluster answers blocked reads on sockets we cannot address from another one. */
  readonly isCluster: boolean;
  /** The caller's own client, if that is what was given. */
  readonly client?: Client;
  /** The same for `connect()`, where a client of the caller's does not exist: in another thread. */
  readonly settings?: unknown;
  /** Where there are Sentinels: they, in the order in which they are asked, and how to greet them. */
  readonly sentinels?: { readonly own: RedisOptions; readonly addresses: Sentinel[] };
  /** A new client; `options` win over what the target says. */
  create(options: RedisOptions): Client;
  /** A new client for one server that carries Pub/Sub: in a Cluster for `node`, or else any. */
  createSubscriber(options: RedisOptions, node?: Node): Redis;
  /** Where a node is that the Cluster has announced, and that may have no host. */
  reach(announced: { host: string | null; port: number }): Node;
}
