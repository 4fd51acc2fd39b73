import type { Command } from 'commander';
import { addCommand } from '../program/define.js';

/** Adds `help` to a command and to all of its commands that have some. */
export function addHelp(program: Command): void {
  for (const each of program.commands)
    if (each.commands.length > 0) addHelp(each.helpCommand(false));
  const help = addCommand(program, 'help')
    .description('Explain a command.')
    .argument('[command...]', 'its name, e.g. send or dead list')
    .addHelpText('after', '\nExamples:\n  redpost help send\n  redpost help dead list');
  help.action((names: string[]) => {
    let command = program;
    for (const name of names) {
      const found = command.commands.find((each) => each.name() === name);
      if (!found) command.error(`error: unknown command '${name}'`);
      else command = found;
    }
    command.outputHelp();
  });
}
