import type { Command } from 'commander';
import { say } from '../output/notices.js';
import { type GlobalOptions, Run } from '../run.js';
import type { ProgramContext } from './program-context.js';
import { suggestion } from './suggestion.js';

/** Does a command's work; resolves to its exit code, undefined for 0. */
type Job<Options> = (
  run: Run,
  args: readonly string[],
  options: Options,
) => Promise<number | undefined>;

export interface Definition<Options> {
  description: string;
  /** Lines below the options; the examples first. */
  help: string;
  /** Adds arguments and options. */
  addArguments(command: Command): Command;
  job: Job<Options>;
}

/** What stands below the options of each command, for the manual page. */
export const helpTexts = new WeakMap<Command, string>();

/** Adds a command to its parent. `name` is followed by its arguments, as in `send <queue>`. */
export function define<Options>(
  parent: Command,
  context: ProgramContext,
  name: string,
  { description, help, addArguments, job }: Definition<Options>,
): void {
  const command = addCommand(parent, name).description(description);
  addArguments(command).addHelpText('after', `\n${help.trim()}`);
  helpTexts.set(command, help.trim());
  command.action(async () => {
    const options = command.optsWithGlobals<Options & GlobalOptions>();
    const { output, interruption, finished } = context;
    interruption.listen();
    const run = new Run(options, output, interruption);
    try {
      const code = await job(run, command.args, options);
      if (code) finished(code);
    } finally {
      await run.close();
    }
  });
}

/** Adds a command that shows its errors like all others. */
export function addCommand(parent: Command, name: string): Command {
  const command = parent.command(name).helpOption('-h, --help', 'explain this command');
  oneLineErrors(command);
  return command;
}

/** Makes the errors of commander look like all other errors. */
export function oneLineErrors(command: Command): void {
  command.showSuggestionAfterError(false).configureOutput({
    outputError(text) {
      const sentence = text
        .trim()
        .replace(/^error: /, '')
        .replace(/\.?\s*\n\s*/g, ' ')
        .replace(/\.$/, '');
      const [, wrong] = /^unknown (?:command|option) '([^'=]*)/.exec(sentence) ?? [];
      const meant = wrong === undefined ? '' : suggestion(command, wrong);
      const isOption = sentence.startsWith('unknown option');
      const hint = isOption ? ' (-- before what is no option)' : '';
      say(`${sentence}${meant || hint}; see ${fullName(command)} --help`);
    },
  });
}

/** As it is called: `redpost dead list`. */
export function fullName(command: Command): string {
  return command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();
}
