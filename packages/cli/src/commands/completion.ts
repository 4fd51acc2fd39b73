import { type Command, InvalidArgumentError, type Option } from 'commander';
import { define } from '../program/define.js';
import type { ProgramContext } from '../program/program-context.js';

const shells = { bash, zsh, fish };
type Shell = keyof typeof shells;

export function addCompletion(program: Command, context: ProgramContext): void {
  define<object>(program, context, 'completion', {
    description: 'Print a script that completes commands and options in a shell.',
    addArguments: (command) => command.argument('<shell>', 'bash, zsh or fish', shellNamed),
    help: `
Examples:
  source <(redpost completion bash)                     # in ~/.bashrc
  source <(redpost completion zsh)                      # in ~/.zshrc, after compinit
  redpost completion fish > ~/.config/fish/completions/redpost.fish`,
    async job(run, [name]) {
      await run.output.line(shells[name as Shell](placesOf(program)));
      return undefined;
    },
  });
}

function shellNamed(text: string): Shell {
  if (text in shells) return text as Shell;
  throw new InvalidArgumentError('Write bash, zsh or fish.');
}

/** What can follow the words of a command. */
interface Place {
  /** The words before, without the program: `dead list`. */
  words: string;
  commands: readonly Command[];
  options: readonly Option[];
}

function placesOf(command: Command, words: readonly string[] = []): Place[] {
  const help = command.createHelp();
  const commands = help.visibleCommands(command);
  const options = [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)];
  const own = { words: words.join(' '), commands, options };
  return [own, ...commands.flatMap((each) => placesOf(each, [...words, each.name()]))];
}

function flagsOf({ short, long }: Option): string[] {
  return [short, long].filter((flag) => flag !== undefined);
}

/** A `case` for each place, in the language that bash and zsh share. */
function cases(places: readonly Place[]): string {
  return places
    .map(({ words, commands, options }) => {
      const names = commands.map((each) => each.name()).join(' ');
      const flags = options.flatMap(flagsOf).join(' ');
      return `    '${words}') commands='${names}'; options='${flags}' ;;`;
    })
    .join('\n');
}

/** The words of the command before the cursor, as far as they are known: what does not lead on is an argument. */
function walk(places: readonly Place[]): string {
  const known = places.filter(({ words }) => words !== '').map(({ words }) => `'${words}'`);
  return `case "\${place:+$place }$word" in ${known.join('|')}) place="\${place:+$place }$word" ;; esac`;
}

function bash(places: readonly Place[]): string {
  return `# bash completion of redpost
_redpost() {
  local current="\${COMP_WORDS[COMP_CWORD]}" place='' word commands options
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    ${walk(places)}
  done
  case "$place" in
${cases(places)}
  esac
  if [[ "$current" == -* ]]; then COMPREPLY=($(compgen -W "$options" -- "$current"))
  else COMPREPLY=($(compgen -W "$commands" -- "$current")); fi
}
complete -o default -F _redpost redpost`;
}

function zsh(places: readonly Place[]): string {
  return `#compdef redpost
# zsh completion of redpost
_redpost() {
  local current="\${words[CURRENT]}" place='' word commands options
  for word in "\${(@)words[2,CURRENT-1]}"; do
    ${walk(places)}
  done
  case "$place" in
${cases(places)}
  esac
  if [[ "$current" == -* ]]; then compadd -- \${=options}
  elif [[ -n "$commands" ]]; then compadd -- \${=commands}
  else _files; fi
}
compdef _redpost redpost`;
}

function fish(places: readonly Place[]): string {
  const lines = places.flatMap(({ words, commands, options }) => {
    const when = `-n '__redpost_is_at "${words}"'`;
    const names = commands.map((each) => {
      const text = quoted(each.description());
      return `complete -c redpost -f ${when} -a ${each.name()} -d ${text}`;
    });
    const flags = options.map(({ short, long, description }) => {
      const forms = [short && `-s ${short.slice(1)}`, long && `-l ${long.slice(2)}`];
      return `complete -c redpost ${when} ${forms.filter(Boolean).join(' ')} -d ${quoted(description)}`;
    });
    return [...names, ...flags];
  });
  const known = places.flatMap(({ words }) => (words === '' ? [] : [`'${words}'`]));
  return `# fish completion of redpost
function __redpost_is_at
  set -l place
  for word in (commandline -opc)[2..-1]
    set -l next (string join ' ' $place $word)
    contains -- $next ${known.join(' ')}; and set place $place $word
  end
  test "$place" = "$argv[1]"
end
${lines.join('\n')}`;
}

function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}
