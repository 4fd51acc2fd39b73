import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { runHere } from './support/run-here.js';

const run = promisify(execFile);

/** Sources the script, and prints what it offers at the end of a line: one per line. */
const bash = `
source "$1"
read -ra COMP_WORDS <<< "$2"
[[ "$2" == *' ' ]] && COMP_WORDS+=('')
COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 ))
entry=($(complete -p redpost))
for at in "\${!entry[@]}"; do [[ "\${entry[at]}" == -F ]] && "\${entry[at + 1]}"; done
printf '%s\\n' "\${COMPREPLY[@]}"`;

/**
 * Only another shell, which has a terminal, prints what it offers, when somebody presses the tab key. Of the completions that come
 * with zsh, it has those that all others need: to look at all of them takes seconds.
 */
const zsh = `
zmodload zsh/zpty
zpty shell TERM=dumb zsh -f -i
zpty -w shell 'fpath=(\${^fpath}/(compinit|_main_complete)(N:h))'
zpty -w shell "autoload -U compinit; compinit -D -u; source $1; print 'is ready'"
zpty -r shell out $'*\\nis ready*'
zpty -w -n shell "$2"$'\\t'
out=
for word in "\${(@)argv[3,-1]}"; do
  while [[ "$out" != *"$word"* ]]; do zpty -r shell line || exit 1; out+="$line"; done
done
print -r -- $out
zpty -d shell`;

const fish = `
source $argv[1]
complete -C $argv[2]`;

const shells: Record<string, string[]> = {
  bash: ['--norc', '-c', bash, 'bash'],
  zsh: ['-f', '-c', zsh, 'zsh'],
  fish: ['--no-config', '-c', fish],
};

it.for(Object.entries(shells))(
  'the script for %s offers commands and options where they can stand',
  async ([shell, args], { skip }) => {
    if (!(await isInstalled(shell))) skip(`${shell} is not installed`);
    const folder = await mkdtemp(join(tmpdir(), 'redpost-completion-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const script = join(folder, 'script');
    await writeFile(script, (await runHere(['completion', shell])).stdout);

    const offered = async (line: string, ...expected: string[]) => {
      const { stdout } = await run(shell, [...args, script, line, ...expected], {
        timeout: 60_000,
      });
      for (const word of expected) expect(stdout).toContain(word);
      return stdout;
    };
    expect(await offered('redpost dead ', 'list', 'redrive', 'purge')).not.toContain('receive');
    expect(await offered('redpost send orders --', '--delay', '--priority')).not.toContain(
      '--max-body-bytes',
    );
  },
);

function isInstalled(shell: string): Promise<boolean> {
  return run(shell, ['--version']).then(
    () => true,
    () => false,
  );
}
