import type { NatMap } from 'ioredis';

/** Where a node of a Cluster listens. */
export interface Node {
  host: string;
  port: number;
}

/** Nothing, or `?` for a name that is not set, stands for the host that was asked. */
export function isHost(announced: string | null | undefined): announced is string {
  return Boolean(announced) && announced !== '?';
}

/**
 * Where to reach a node that the Cluster has announced, e.g. by `MOVED` or `CLUSTER SLOTS`.
 *
 * @param host as announced; it need not be a host.
 * @param natMap the caller's option of ioredis, which maps announced addresses to reachable ones.
 */
export function reachable(
  { host, port }: { host: string | null | undefined; port: number },
  { askedHost, natMap }: { askedHost: string; natMap?: NatMap | null | undefined },
): Node {
  const announced = { host: isHost(host) ? host : askedHost, port };
  const key = `${announced.host}:${port}`;
  const mapped = typeof natMap === 'function' ? natMap(key) : natMap?.[key];
  return mapped ? { host: mapped.host, port: mapped.port } : announced;
}
