import { Command, InvalidArgumentError, Option } from 'commander';
import { faults } from './faults/index.js';

export interface FaultsOptions {
  /** About how long to take. */
  readonly minutes: number;
  readonly seed: number;
  /** Names of faults. Default: all. */
  readonly only?: readonly string[];
  readonly json?: string;
}

/** A run of all faults of at least this length may be published. */
export const publishableMinutes = 8;

export function faultsOptions(args: readonly string[]): FaultsOptions {
  const names = faults.map(({ name }) => name);
  return new Command('npm run faults --')
    .description(
      `Runs redpost under faults, and accounts for every message. A run of all faults that takes ${publishableMinutes} minutes or more renews docs/reliability.md.`,
    )
    .addOption(
      new Option('--minutes <n>', 'how long to take, about: the faults share it')
        .argParser(positive)
        .default(publishableMinutes),
    )
    .addOption(
      new Option('--seed <n>', 'decides the plan (default: a random one)')
        .argParser(wholeNumber)
        .default(Math.floor(Math.random() * 2 ** 32), 'a random one'),
    )
    .addOption(new Option('--only <names...>', 'only these faults').choices(names))
    .option('--json <file>', 'also write the results there')
    .allowExcessArguments(false)
    .helpOption('-h, --help', 'show this')
    .parse(args as string[], { from: 'user' })
    .opts<FaultsOptions>();
}

function positive(text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new InvalidArgumentError('a number above 0 is needed.');
  return number;
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0 || number >= 2 ** 32) {
    throw new InvalidArgumentError('a whole number from 0 to 4294967295 is needed.');
  }
  return number;
}
