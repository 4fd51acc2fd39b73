import { type Connection, InvalidArgumentError, shown } from '@redpost/core';

/** @throws InvalidArgumentError */
export function refuseCluster(connection: Connection): void {
  if (!connection.isCluster) return;
  throw new InvalidArgumentError(
    'Queues of Laravel in a Cluster are not supported: their names have braces',
  );
}

/** @throws InvalidArgumentError */
export function checkedPrefix(prefix: string = ''): string {
  if (typeof prefix === 'string' && !/[{}]/.test(prefix)) return prefix;
  throw new InvalidArgumentError(`prefix is a string without braces, got ${shown(prefix)}`);
}
