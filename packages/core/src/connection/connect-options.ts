import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { CredentialsSource } from '../ioredis/login.js';
import type { Complete } from '../options/options.js';

/** What `connect()` can be told beside where Redis is. */
export interface ConnectOptions {
  /**
   * The deadline of a call that names none, in ms. Default 10 000. Such a call waits on while Redis is
   * sending: its answer, or a large one before it, is on its way.
   */
  callTimeoutMs?: number | undefined;
  /**
   * How often an idle connection asks whether the server is still there, in ms. Default 10 000.
   * A server that is silent for 1.5 times as long counts as gone.
   */
  keepAliveMs?: number | undefined;
  /**
   * How long a new socket may take until it is connected, with TLS until that is agreed on, in ms.
   * Default: the target's `connectTimeout`, else 5000, and 10 000 with TLS.
   */
  connectTimeoutMs?: number | undefined;
  /**
   * Shown by `CLIENT LIST`, followed by what the socket is for. Default: the target's `connectionName`,
   * else `redpost`.
   */
  name?: string | undefined;
  /**
   * User and password, in place of those of the target: asked for whenever a socket is opened, so that
   * passwords may be rotated, and tokens may expire. When it fails, or takes longer than
   * `connectTimeoutMs`, that is an event `error`, and it is called again.
   */
  credentials?: CredentialsSource | undefined;
  /**
   * How to speak TLS with what a `rediss://` URL names: `ca`, and `cert` and `key` where Redis asks
   * for a client certificate. Default: the authorities that Node knows (`NODE_EXTRA_CA_CERTS`).
   */
  tls?: TlsOptions | undefined;
}

/** {@link ConnectOptions} apart from what belongs to the target. */
export type SocketOptions = Complete<
  Pick<ConnectOptions, 'callTimeoutMs' | 'keepAliveMs' | 'name'>
>;
