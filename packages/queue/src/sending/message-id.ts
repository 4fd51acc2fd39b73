import { randomBytes } from 'node:crypto';

const processPart = randomBytes(9).toString('base64url');
let count = 0;

/** A new id: 72 random bits for the process, then a count. Unique, short, safe in JSON and URLs. */
export function newId(): string {
  count += 1;
  return `${processPart}${count.toString(36)}`;
}
