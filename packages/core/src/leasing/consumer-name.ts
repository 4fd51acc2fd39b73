import { randomBytes } from 'node:crypto';

/**
 * A name that no consumer ever had before: 72 random bits, a dot, and the length of its lease in ms, so
 * that others can tell when its lease ends later than it possibly can: see `shorten-leases.lua`.
 */
export function newConsumerName(leaseMs: number): string {
  return `${randomBytes(9).toString('base64url')}.${leaseMs}`;
}
