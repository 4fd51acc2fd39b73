import { Redis, type RedisOptions } from 'ioredis';
import { reachable } from './announced-address.js';
import { defaults, fixed, refuseUnsupported } from './client-options.js';
import { askOnlyWhetherLoading } from './loading-check.js';
import { followDatabase, logInWith, loginNow, loginOf } from './login.js';
import { socketsOf } from './socket-options.js';
import type { Target, TargetOptions } from './target.js';

/**
 * The target for one server, or for the master that Sentinels name.
 *
 * @param client the caller's own, whose database, user and password every socket begins with.
 */
export function serverTarget(own: RedisOptions, options: TargetOptions, client?: Redis): Target {
  refuseUnsupported(own);
  const sockets = socketsOf(own, options, client !== undefined);
  const ofClient = client && (() => loginNow(client));
  const read = loginOf(own, { ...options, ...sockets }, ofClient);
  const follow = client && followDatabase(client);

  // Each client that is made later asks the Sentinels in their order at that time.
  const addresses = own.sentinels?.length && own.role !== 'slave' ? [...own.sentinels] : undefined;
  const heard = addresses && { sentinels: addresses, failoverDetector: false };
  const connectorAsks = own.sentinels !== undefined || own.Connector !== undefined;
  const create = (more: RedisOptions): Redis => {
    const lazily = read && { lazyConnect: true };
    const made = new Redis({ ...defaults, ...own, ...heard, ...more, ...fixed, ...lazily });
    if (!connectorAsks) askOnlyWhetherLoading(made);
    if (read) logInWith(made, read, !own.lazyConnect);
    return made;
  };
  return {
    ...sockets,
    address: addressOf(own),
    isCluster: false,
    ...(!client && { settings: own }),
    ...(addresses && { sentinels: { own, addresses } }),
    create: (more) => {
      const made = create(more);
      follow?.(made);
      return made;
    },
    createSubscriber: create,
    reach: (announced) => reachable(announced, { askedHost: own.host ?? '127.0.0.1' }),
  };
}

/** For messages: without a password. */
export function addressOf(options: RedisOptions): string {
  if (options.sentinels?.length) {
    const sentinels = options.sentinels.map(({ host, port }) => `${host}:${port ?? 26379}`);
    return `${options.name ?? 'mymaster'} (sentinels ${sentinels.join(', ')})`;
  }
  return options.path ?? `${options.host ?? '127.0.0.1'}:${options.port ?? 6379}`;
}
