import { createInterface } from 'node:readline/promises';
import type { Queue } from '@redpost/queue';
import type { Body } from '../messages/body-codec.js';
import { say } from '../output/notices.js';
import type { Run } from '../run.js';
import { wrongInput } from './exit-codes.js';
import { onAbort } from './interruption.js';

type AnyQueue = Queue<Buffer, Body>;

interface Deletion {
  /** E.g. `purge`. */
  command: string;
  /** Whether the command line has `--yes`. */
  yes: boolean | undefined;
  question: (queue: AnyQueue) => Promise<string>;
}

/**
 * The queue to delete something of, when the command line or the person at the terminal has said yes;
 * `undefined` after a no.
 *
 * @throws Failure without a terminal.
 */
export async function confirmedQueue(
  run: Run,
  name: string,
  { command, yes, question }: Deletion,
): Promise<AnyQueue | undefined> {
  if (!yes && !canAsk()) throw wrongInput(`${command} cannot be undone: confirm it with --yes`);
  const queue = await run.queue(name);
  if (yes || (await confirm(run, await question(queue)))) return queue;
  say('nothing was deleted');
  return undefined;
}

/**
 * True when the command line or the person at the terminal has said yes.
 *
 * @throws Failure without a terminal.
 */
export async function confirmed(
  run: Run,
  { yes, what, question }: { yes: boolean | undefined; what: string; question: string },
): Promise<boolean> {
  if (yes) return true;
  if (!canAsk()) throw wrongInput(`${what}: confirm it with --yes`);
  return confirm(run, question);
}

/** Asks the person at the terminal; true for a yes. */
async function confirm(run: Run, question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const { stopping } = run.interruption;
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  onAbort(stopping, () => terminal.close());
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal: stopping });
    return /^\s*y(es)?\s*$/i.test(answer);
  } catch (error) {
    if (stopping.aborted) return false;
    throw error;
  } finally {
    terminal.close();
  }
}

/** False for a script, whose stdin or stderr is no terminal. */
function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}
