import type { Command } from 'commander';
import { repeated } from '../options/option-parsers.js';
import { counted, say } from '../output/notices.js';
import { exitCodes } from '../program/exit-codes.js';

export function entryOption(command: Command) {
  return command
    .createOption('--entry <entry>', 'only this entry, as dead list prints it (repeatable)')
    .argParser(repeated);
}

/** Says how many of the named entries do not exist. */
export function exitCodeFor(entries: readonly string[] | undefined, done: number): number {
  const missing = new Set(entries).size - done;
  if (!entries || missing <= 0) return exitCodes.done;
  say(`${missing} of ${counted(entries.length, 'entry').replace('entrys', 'entries')} not found`);
  return exitCodes.failed;
}
