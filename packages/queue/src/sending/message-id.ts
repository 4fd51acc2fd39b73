import { randomBytes } from 'node:crypto';

// A command line takes what begins with a dash for an option.
const processPart = randomBytes(9).toString('base64url').replace(/^-/, '_');
let count = 0;

/** A new id: 72 random bits for the process, then a count. Unique, short, safe in JSON, URLs and command lines. */
export function newId(): string {
  count += 1;
  return `${processPart}${count.toString(36)}`;
}
