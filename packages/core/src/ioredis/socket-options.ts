import type { RedisOptions } from 'ioredis';
import { type HonouredOptions, honouredOf } from './client-options.js';

/** How the sockets to a target are opened. */
export interface SocketsOfTarget {
  readonly usesTls: boolean;
  /** The options of ioredis that the caller has set and that would otherwise be ours. */
  readonly honoured: HonouredOptions;
  /** How long a socket may take to connect, including the TLS handshake, in ms. */
  readonly connectTimeoutMs: number;
}

/** The same with TLS, in ms: the handshake takes more round trips, and the time of a server that may be busy. */
const defaultTimeoutMs = { plain: 5000, tls: 10_000 };

/** @param isOfClient whether `own` are the options of an existing client: then none is missing. */
export function socketsOf(
  own: RedisOptions,
  { connectTimeoutMs }: { connectTimeoutMs?: number | undefined },
  isOfClient = false,
): SocketsOfTarget {
  const usesTls = Boolean(own.tls);
  const honoured = honouredOf(own, isOfClient);
  const byDefault = usesTls ? defaultTimeoutMs.tls : defaultTimeoutMs.plain;
  return {
    usesTls,
    honoured,
    connectTimeoutMs: connectTimeoutMs ?? honoured.connectTimeout ?? byDefault,
  };
}
