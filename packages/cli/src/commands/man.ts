import type { Command } from 'commander';
import { define, fullName, helpTexts } from '../program/define.js';
import type { ProgramContext } from '../program/program-context.js';

export function addMan(program: Command, context: ProgramContext): void {
  define<object>(program, context, 'man', {
    description: 'Print the manual page, which is made of the same texts as the help.',
    addArguments: (command) => command,
    help: `
Examples:
  redpost man | man -l -
  redpost man > /usr/local/share/man/man1/redpost.1`,
    async job(run) {
      await run.output.line(manualOf(program));
      return undefined;
    },
  });
}

/** The manual page of the program, in the macros of man(7). */
function manualOf(program: Command): string {
  return [
    '.TH REDPOST 1',
    '.SH NAME',
    `redpost \\- ${escaped(program.description())}`,
    '.SH SYNOPSIS',
    '.B redpost',
    '.I command',
    '[arguments] [options]',
    '.SH OPTIONS',
    'All commands take these options, too.',
    ...optionsOf(program),
    '.SH COMMANDS',
    ...program.commands.flatMap(commandOf),
    '.SH EXIT STATUS',
    '0 done, 1 failed, 2 wrong input, 128+n ended early by signal n.',
    '.SH ENVIRONMENT',
    '.TP',
    '.B REDIS_URL',
    'Where Redis is, with its password.',
    '.TP',
    '.B NO_COLOR',
    'No colours on a terminal.',
    '.TP',
    '.B REDPOST_DEBUG',
    'Show the stacks of errors.',
  ].join('\n');
}

function commandOf(command: Command): string[] {
  if (command.commands.length > 0) return command.commands.flatMap(commandOf);
  return [
    `.SS ${escaped(`${fullName(command)} ${command.usage()}`)}`,
    escaped(command.description()),
    ...optionsOf(command),
    '.PP',
    '.nf',
    escaped(helpTexts.get(command) ?? ''),
    '.fi',
  ];
}

function optionsOf(command: Command): string[] {
  const help = command.createHelp();
  return help
    .visibleOptions(command)
    .flatMap((option) => [
      '.TP',
      `.B ${escaped(option.flags)}`,
      escaped(help.optionDescription(option)),
    ]);
}

/** Backslashes, hyphens, and a dot or a quote that begins a line mean something to troff. */
function escaped(text: string): string {
  return text
    .replace(/\\/g, '\\e')
    .replace(/-/g, '\\-')
    .replace(/^([.'])/gm, '\\&$1');
}
