import { randomBytes } from 'node:crypto';

/**
 * Makes a name that no consumer had before: 72 random bits, a dot, and the length of the lease in ms. From this length
 * other consumers can tell that a lease ends later than possible: see `shorten-leases.lua`.
 */
export function newConsumerName(leaseMs: number): string {
  // A command line takes what begins with a dash for an option.
  return `${randomBytes(9).toString('base64url').replace(/^-/, '_')}.${leaseMs}`;
}
