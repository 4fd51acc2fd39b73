import { longestTimerMs, shown, wholeNumber } from './check.js';
import type { Connection } from './connection.js';
import { outsideContext } from './context.js';
import { InvalidArgumentError } from './errors.js';
import { type ConnectOptions, IoredisConnection } from './ioredis/ioredis-connection.js';
import { type ConnectionTarget, parseTarget } from './ioredis/target.js';

/**
 * Connects to Redis: at once in the background, so that this returns immediately. Calls made
 * meanwhile wait until Redis answers or their deadline passes.
 *
 * @param target where Redis is; default `redis://127.0.0.1:6379`. See {@link ConnectionTarget}.
 * @throws InvalidArgumentError for a target or an option that cannot work.
 */
export function connect(
  target: ConnectionTarget = 'redis://127.0.0.1:6379',
  options: ConnectOptions = {},
): Connection {
  const { callTimeoutMs = 10_000, keepAliveMs = 10_000, name = 'redpost', tls } = options;
  const range = { min: 1, max: longestTimerMs };
  wholeNumber('callTimeoutMs', callTimeoutMs, range);
  wholeNumber('keepAliveMs', keepAliveMs, range);
  if (typeof name !== 'string' || !/^[!-~]+$/.test(name)) {
    throw new InvalidArgumentError(
      `name must be printable ASCII without spaces, as CLIENT SETNAME demands, got ${shown(name)}`,
    );
  }
  const parsed = parseTarget(target, tls);
  return outsideContext(() => new IoredisConnection(parsed, { callTimeoutMs, keepAliveMs, name }));
}
