import type { Command } from 'commander';

/** A word with more wrong letters than this, and than a third of its letters, is another word. */
const mostWrong = 3;

/**
 * What was probably meant by a word that is no command or option, as in ` (did you mean send?)`; else nothing. Letter case
 * makes no difference.
 */
export function suggestion(command: Command, wrong: string): string {
  const isOption = wrong.startsWith('-');
  const known = isOption ? optionsOf(command) : commandsOf(command);
  const word = wrong.toLowerCase();
  const most = Math.min(mostWrong, Math.max(1, Math.floor(word.length / 3)));
  const rated = known.map((name) => ({ name, distance: editDistance(word, name.toLowerCase()) }));
  const [best] = rated.sort((a, b) => a.distance - b.distance);
  const nested = isOption || best?.distance === 0 ? undefined : nestedCommand(command, word);
  if (nested) return ` (did you mean ${nested}?)`;
  return best && best.distance <= most ? ` (did you mean ${best.name}?)` : '';
}

/** A command of exactly this name below another one, as `dead redrive`. */
function nestedCommand(command: Command, word: string): string | undefined {
  const parents = command.commands.filter((each) => commandsOf(each).includes(word));
  const [parent] = word === 'help' ? [] : parents;
  return parent && `${parent.name()} ${word}`;
}

function commandsOf(command: Command): string[] {
  const names = command.commands.flatMap((each) => [each.name(), ...each.aliases()]);
  return [...names, 'help'];
}

function optionsOf(command: Command): string[] {
  const own = command.createHelp().visibleOptions(command);
  const parents = command.createHelp().visibleGlobalOptions(command);
  return [...own, ...parents].flatMap(({ long }) => (long ? [long] : []));
}

/** How many letters must be inserted, deleted, replaced or exchanged with their neighbour. */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const isSame = a[i - 1] === b[j - 1];
      const isExchanged = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const steps = [
        (row[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
        (row[j - 1] ?? 0) + (isSame ? 0 : 1),
        isExchanged ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      ];
      next.push(Math.min(...steps));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
