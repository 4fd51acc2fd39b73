import { InvalidArgumentError } from '../errors.js';
import { shown } from '../options/check.js';
import type { Connection } from './connection.js';

/**
 * Returns the `connection` among these options.
 *
 * @param owner for the message, e.g. `'A queue'`.
 * @throws InvalidArgumentError when it is not a connection. The value may hold a password, so the message
 *   shows only the names of an object's properties, and nothing of a text.
 */
export function checkedConnection(owner: string, options: { connection: Connection }): Connection {
  const connection = (options as { connection?: Partial<Connection> } | null | undefined)
    ?.connection;
  const isConnection = [connection?.call, connection?.run, connection?.subscribe].every(
    (method) => typeof method === 'function',
  );
  if (isConnection) return connection as Connection;
  throw new InvalidArgumentError(
    `${owner} needs a connection: { connection: connect('redis://127.0.0.1:6379') }, got ${described(connection)}`,
  );
}

function described(value: unknown): string {
  if (typeof value === 'string') return 'a text: a URL is for connect()';
  if (typeof value !== 'object' || value === null) return shown(value);
  const { name = 'Object' } = value.constructor ?? {};
  if (name !== 'Object') return `a ${name}: connect() takes it`;
  return `an object with ${Object.keys(value).slice(0, 5).join(', ') || 'nothing in it'}: that is for connect()`;
}
