import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { Cluster, ClusterNode, RedisOptions } from 'ioredis';
import { InvalidArgumentError } from '../errors.js';
import { shown } from '../options/check.js';
import { refuseAutoPipelining, refuseUnknown } from './client-options.js';
import { clusterTarget } from './cluster-target.js';
import { parseUrl } from './redis-url.js';
import { serverTarget } from './server-target.js';
import type { Client, ConnectionTarget, Target, TargetOptions } from './target.js';

/** @throws InvalidArgumentError for a target that cannot be connected to. The error shows no password. */
export function parseTarget(target: ConnectionTarget, options: TargetOptions = {}): Target {
  const { tls } = options;
  if (typeof target === 'string' || isUrl(target)) {
    return serverTarget(withTls(parseUrl(String(target)), tls), options);
  }
  if (Array.isArray(target)) {
    const nodes = target.map((node) => withTls(parseNode(node), tls));
    return clusterTarget(nodes, {}, options);
  }
  if (tls) throw new InvalidArgumentError('tls belongs into the options of ioredis themselves');
  if (typeof target !== 'object' || target === null) {
    throw new InvalidArgumentError(
      `connect() takes a URL, ioredis options, an array of Cluster nodes or an ioredis client, got ${shown(target)}`,
    );
  }
  if (isClient(target)) return clientTarget(target, options);
  refuseUnknown(target);
  return serverTarget(target as RedisOptions, options);
}

function clientTarget(client: Client, options: TargetOptions): Target {
  refuseAutoPipelining(client);
  if (options.credentials) {
    throw new InvalidArgumentError(
      'credentials are for clients that are made here: your own client keeps its password in its options',
    );
  }
  if ('nodes' in client) {
    const cluster = client as Cluster;
    const { startupNodes } = cluster as unknown as { startupNodes: (string | ClusterNode)[] };
    const nodes = startupNodes.map(parseNode);
    return { ...clusterTarget(nodes, cluster.options, options, cluster), client };
  }
  return { ...serverTarget(client.options, options, client), client };
}

function isClient(target: object): target is Client {
  return 'callBuffer' in target && 'duplicate' in target;
}

/** Also one of another realm, as test runners have them. */
function isUrl(target: unknown): target is URL {
  return Object.prototype.toString.call(target) === '[object URL]';
}

function parseNode(node: string | URL | ClusterNode): RedisOptions {
  if (typeof node === 'number') return { host: '127.0.0.1', port: node };
  if (isUrl(node)) return parseUrl(String(node));
  if (typeof node === 'object' && node !== null) return node as RedisOptions;
  if (typeof node !== 'string') {
    throw new InvalidArgumentError(`A Cluster node is a URL or { host, port }, got ${shown(node)}`);
  }
  return parseUrl(node.includes('://') ? node : `redis://${node}`);
}

function withTls(options: RedisOptions, tls: TlsOptions | undefined): RedisOptions {
  if (!tls) return options;
  if (options.tls) return { ...options, tls };
  throw new InvalidArgumentError('tls is for a URL that starts with rediss://');
}
