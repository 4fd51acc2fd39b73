import type { RedisOptions } from 'ioredis';
import { type HonouredOptions, honouredOf } from './client-options.js';

/** How the sockets to a target are opened. */
export interface SocketsOfTarget {
  readonly usesTls: boolean;
  /** What the caller has set of the options of ioredis that we would set otherwise. */
  readonly honoured: HonouredOptions;
  /** How long a socket may take until it is connected, with TLS until that is agreed on, in ms. */
  readonly connectTimeoutMs: number;
}

/** With TLS it takes some round trips more, and the time of a server that may be busy, in ms. */
const defaultTimeoutMs = { plain: 5000, tls: 10_000 };

/** @param isOfClient whether `own` are the options of a client that exists: then none is missing. */
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
