import { openSync, writeSync } from 'node:fs';

export const options = JSON.parse(process.argv[2]);

const file = openSync(options.reports, 'a');

/**
 * Reports an event to the test as a line of JSON. It is written to a file synchronously, so that the report
 * is not lost when this process is killed in the next instruction.
 */
export function report(entry) {
  writeSync(file, `${JSON.stringify({ ...entry, at: sharedNow() })}\n`);
}

/** The time by a clock that all processes of the machine share and that is never set, in ms. */
export function sharedNow() {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}

const stallMs = 200;
let lastTurn = sharedNow();

// On a busy machine, a process may not run for longer than a lease. That is an incident too.
setInterval(() => {
  const since = lastTurn;
  lastTurn = sharedNow();
  if (lastTurn - since > stallMs) report({ type: 'incident', kind: 'stalled', since });
}, stallMs / 10).unref();

/** Resolves when this process has been asked to finish. */
export const toldToFinish = new Promise((resolve) => process.once('SIGTERM', resolve));
report({ type: 'up' });

// The test holds the other end: a process whose test has died ends too.
process.stdin.on('end', () => process.exit(3));
process.stdin.resume();
process.stdin.unref();
