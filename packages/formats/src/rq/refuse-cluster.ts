import { type Connection, InvalidArgumentError } from '@redpost/core';

/** @throws InvalidArgumentError */
export function refuseCluster(connection: Connection): void {
  if (!connection.isCluster) return;
  throw new InvalidArgumentError('RQ has no Cluster: its keys are in several slots');
}
