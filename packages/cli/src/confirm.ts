import { createInterface } from 'node:readline/promises';
import { onAbort } from './interruption.js';
import type { Run } from './run.js';

/** Asks the person at the terminal; true for a yes. */
export async function confirm(run: Run, question: string): Promise<boolean> {
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
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}
