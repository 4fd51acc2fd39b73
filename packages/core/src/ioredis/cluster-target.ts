import { Cluster, type ClusterNode, type ClusterOptions, Redis, type RedisOptions } from 'ioredis';
import { InvalidArgumentError } from '../errors.js';
import { type Node, reachable } from './announced-address.js';
import {
  clusterDatabase,
  defaults,
  fixed,
  fixedForCluster,
  refuseUnsupported,
} from './client-options.js';
import { prepareNodes } from './cluster-nodes.js';
import { logInWith, loginOf } from './login.js';
import { addressOf } from './server-target.js';
import { socketsOf } from './socket-options.js';
import type { Target, TargetOptions } from './target.js';

/**
 * A Cluster, of which some nodes are known.
 *
 * @param client the caller's own, whose user and password every socket begins with.
 */
export function clusterTarget(
  nodes: readonly RedisOptions[],
  own: ClusterOptions,
  options: TargetOptions,
  client?: Cluster,
): Target {
  const [first] = nodes;
  if (!first) throw new InvalidArgumentError('A Cluster needs at least one node');
  const { keyPrefix, natMap } = own;
  refuseUnsupported({ ...own.redisOptions, ...(keyPrefix && { keyPrefix }) });
  const shared: RedisOptions = { ...defaults, ...sharedBy(nodes), ...own.redisOptions };
  const database = clusterDatabase([...nodes, shared], client !== undefined);

  const sockets = socketsOf(shared, options);
  const { connectTimeoutMs, usesTls } = sockets;
  const ofClient =
    client &&
    (() => {
      const { username, password } = { ...shared, ...client.options.redisOptions };
      return { username, password };
    });
  const read = loginOf(shared, { ...options, ...sockets }, ofClient);
  // ioredis prefers the options of a node to the options that all nodes share.
  const places = read ? nodes.map(({ host, port }) => ({ host, port }) as Node) : nodes;
  // The time to ask a node for its slots, when ioredis's 1000 ms are not enough.
  const isSlow = usesTls || options.credentials !== undefined;

  const reach: Target['reach'] = (announced) =>
    reachable(announced, { askedHost: first.host ?? '127.0.0.1', natMap });
  let asked = 0;
  const nextNode = () => {
    const known = client?.nodes('master').map(({ options: { host, port } }) => ({ host, port }));
    const all = known?.length ? known : places;
    return all[asked++ % all.length] as RedisOptions;
  };
  return {
    ...sockets,
    address: nodes.map(addressOf).join(', '),
    isCluster: true,
    database,
    ...(!client && { settings: nodes }),
    create: (more) => {
      const cluster = new Cluster(places as ClusterNode[], {
        ...(isSlow && { slotsRefreshTimeout: connectTimeoutMs }),
        ...own,
        ...fixedForCluster,
        natMap: (key) => {
          const at = key.lastIndexOf(':');
          return reach({ host: key.slice(0, at), port: Number(key.slice(at + 1)) });
        },
        redisOptions: { ...shared, ...more, ...fixed, db: database },
      });
      prepareNodes(cluster, read);
      return cluster;
    },
    createSubscriber: (more, at) => {
      const node = at ?? nextNode();
      // It gives up when its node does: the next one made here asks the next node.
      const retryStrategy = () => null;
      // Channels belong to no database.
      const all = { ...shared, ...node, ...more, retryStrategy, ...fixed, db: 0 };
      if (!read) return new Redis(all);
      const made = new Redis({ ...all, lazyConnect: true });
      logInWith(made, read);
      return made;
    },
    reach,
  };
}

/** The nodes of a Cluster share the password and TLS options of the first node that has them. */
function sharedBy(nodes: readonly RedisOptions[]): RedisOptions {
  const { username, password } = nodes.find((node) => node.password !== undefined) ?? {};
  const tls = nodes.find((node) => node.tls !== undefined)?.tls;
  const protocol = nodes.find((node) => node.protocol !== undefined)?.protocol;
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls !== undefined && { tls }),
    ...(protocol !== undefined && { protocol }),
  };
}
