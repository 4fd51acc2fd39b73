import type { Connection } from '@redpost/core';
import { expect } from 'vitest';
import { queueKeys } from '../../src/keys.js';
import { type LeaseInput, leaseOf } from '../../src/scripts/lease.js';
import { release } from '../../src/scripts/release.js';
import { renew } from '../../src/scripts/renew.js';
import { declaredShape } from './in-redis.js';

/** A consumer in name only, which calls the scripts one by one: so a test says exactly what it holds. */
export async function scriptedConsumer({
  name,
  connection,
}: {
  name: string;
  connection: Connection;
}) {
  const keys = queueKeys(name);
  const consumer = 'scripted';
  const confirm = async () => {
    const { version } = await declaredShape(connection, keys);
    await connection.run(renew, { keys, consumer, leaseMs: 60_000, take: true, inForce: version });
  };
  await confirm();
  return {
    /** Says that the present shape of the queue is in force here: calls that change it wait for that. */
    confirm,
    keys,
    consumer,
    /** Leases so many messages, under this receipt and the following ones. */
    async lease(
      count: number,
      firstReceipt: number,
      more: Partial<LeaseInput> = {},
    ): Promise<void> {
      const shape = await declaredShape(connection, keys);
      const leased = await connection.run(leaseOf(shape), {
        keys,
        version: shape.version,
        consumer,
        from: 'RIGHT',
        count,
        asBatch: true,
        withList: true,
        withSuspect: false,
        firstReceipt,
        handedOff: undefined,
        acked: { batches: [], receipts: [], expired: 0 },
        ...more,
      });
      expect(leased).toMatchObject({ status: 'held', elements: { length: count } });
    },
    /** Returns messages to the queue. */
    release(receipts: number[], { wereStarted }: { wereStarted: boolean }): Promise<number> {
      return connection.run(release, { keys, consumer, receipts, wereStarted });
    },
  };
}
