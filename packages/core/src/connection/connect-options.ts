import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { CredentialsSource } from '../ioredis/login.js';
import type { Complete } from '../options/options.js';

/** Options of `connect()`. */
export interface ConnectOptions {
  /**
   * The deadline of a call without `timeoutMs`, in ms. Default 10 000. Such a call waits longer while Redis
   * is sending: its answer, or a large one before it, is on its way.
   */
  callTimeoutMs?: number | undefined;
  /**
   * How often an idle connection pings the server, in ms. Default 10 000. A server that is silent for 1.5
   * times as long counts as gone.
   */
  keepAliveMs?: number | undefined;
  /**
   * How long a new socket may take to connect, including the TLS handshake, in ms. Default: the target's
   * `connectTimeout`, else 5000, and 10 000 with TLS.
   */
  connectTimeoutMs?: number | undefined;
  /**
   * The name in `CLIENT LIST`, followed by the purpose of the socket. Default: the target's `connectionName`,
   * else `redpost`.
   */
  name?: string | undefined;
  /**
   * User and password, in place of those of the target. A function is called whenever a socket is opened, so
   * that passwords may be rotated and tokens may expire. If it fails, or takes longer than
   * `connectTimeoutMs`, the connection emits `error` and calls it again.
   */
  credentials?: CredentialsSource | undefined;
  /**
   * TLS options for a `rediss://` URL: `ca`, and `cert` and `key` where Redis asks for a client certificate.
   * Default: the certificate authorities that Node trusts (`NODE_EXTRA_CA_CERTS`).
   */
  tls?: TlsOptions | undefined;
}

/** {@link ConnectOptions} apart from what belongs to the target. */
export type SocketOptions = Complete<
  Pick<ConnectOptions, 'callTimeoutMs' | 'keepAliveMs' | 'name'>
>;
