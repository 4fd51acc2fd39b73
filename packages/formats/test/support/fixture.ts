import { readFileSync } from 'node:fs';

/** A message that the program of another system has written: its bytes, as they are in Redis. */
export function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8').trimEnd();
}
