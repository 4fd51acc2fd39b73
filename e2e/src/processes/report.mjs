import { writeSync } from 'node:fs';

/**
 * Tells the test what happened, as a line of JSON on stdout. Written at once and to the end: what
 * was reported is known even when this process is killed in the next instruction.
 */
export function report(entry) {
  const at = Number(process.hrtime.bigint() / 1000n) / 1000;
  writeSync(1, `${JSON.stringify({ ...entry, at })}\n`);
}

export const options = JSON.parse(process.argv[2]);

// The test holds the other end: a process whose test has died ends too.
process.stdin.on('end', () => process.exit(3));
process.stdin.resume();
process.stdin.unref();
