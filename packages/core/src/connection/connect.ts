import { InvalidArgumentError } from '../errors.js';
import { IoredisConnection } from '../ioredis/ioredis-connection.js';
import { parseTarget } from '../ioredis/parse-target.js';
import type { ConnectionTarget } from '../ioredis/target.js';
import { longestTimerMs, shown, wholeNumber } from '../options/check.js';
import { type NamesOf, refuseUnknownOptions } from '../options/options.js';
import { outsideContext } from '../runtime/context.js';
import type { ConnectOptions } from './connect-options.js';
import type { Connection } from './connection.js';

const optionNames: NamesOf<ConnectOptions> = {
  callTimeoutMs: true,
  keepAliveMs: true,
  connectTimeoutMs: true,
  name: true,
  credentials: true,
  tls: true,
};

/** Connects to `redis://127.0.0.1:6379`. */
export function connect(): Connection;
/**
 * Returns a connection immediately and connects in the background. Calls wait until Redis answers or their
 * deadline passes.
 *
 * @param target where Redis is: see {@link ConnectionTarget}. `undefined` is refused, because it usually
 *   comes from a variable that is not set.
 * @throws InvalidArgumentError for a target or an option that cannot work.
 */
export function connect(target: ConnectionTarget, options?: ConnectOptions): Connection;
export function connect(
  ...given: [target?: ConnectionTarget | undefined, options?: ConnectOptions | undefined]
): Connection {
  const [target, options = {}] = given.length === 0 ? ['redis://127.0.0.1:6379'] : given;
  if (target === undefined) {
    throw new InvalidArgumentError(
      'connect(undefined): is the variable unset that has the URL of Redis? For redis://127.0.0.1:6379, ' +
        'call connect() without an argument',
    );
  }
  refuseUnknownOptions('connect()', options, optionNames);
  const { callTimeoutMs = 10_000, keepAliveMs = 10_000 } = options;
  const { connectTimeoutMs, credentials, tls } = options;
  const range = { min: 1, max: longestTimerMs };
  wholeNumber('callTimeoutMs', callTimeoutMs, range);
  wholeNumber('keepAliveMs', keepAliveMs, range);
  if (connectTimeoutMs !== undefined) wholeNumber('connectTimeoutMs', connectTimeoutMs, range);
  if (credentials !== undefined && typeof credentials !== 'function') {
    throw new InvalidArgumentError(
      'credentials must be a function that returns { username, password }, or a promise of them',
    );
  }
  const parsed = parseTarget(target, { tls, credentials, connectTimeoutMs });
  const name = checkedName(options.name, parsed.honoured.connectionName);
  const checked = { callTimeoutMs, keepAliveMs, name, connectTimeoutMs, credentials };
  return outsideContext(() => new IoredisConnection(parsed, checked));
}

function checkedName(name: unknown, connectionName: unknown): string {
  const chosen = name === undefined ? (connectionName ?? 'redpost') : name;
  if (typeof chosen === 'string' && /^[!-~]+$/.test(chosen)) return chosen;
  throw new InvalidArgumentError(
    `${name === undefined ? 'connectionName' : 'name'} must be printable ASCII without spaces, as ` +
      `CLIENT SETNAME demands, got ${shown(chosen)}`,
  );
}
