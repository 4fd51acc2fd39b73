import { Command, InvalidArgumentError, Option } from 'commander';
import { benchmarks } from './benchmarks/index.js';
import { channelSubjects, queueSubjects } from './subjects/index.js';

export interface BenchOptions {
  readonly quick: boolean;
  /** Works or measures; all without. */
  readonly only?: readonly string[];
  /** Peers to measure beside redpost; all without. */
  readonly peers?: readonly string[];
  /** How many runs count; without, what suits `quick`. */
  readonly runs?: number;
  readonly persistence: 'none' | 'aof' | 'both';
  readonly json?: string;
}

const benchmarkNames = benchmarks.flatMap(({ name, measures }) => [
  name,
  ...measures.map(({ name }) => name),
]);
const own = new Set(benchmarks.map(({ subjects: [first] }) => first));
const peerNames = [...Object.keys(queueSubjects), ...Object.keys(channelSubjects)].filter(
  (name) => !own.has(name),
);

export function benchOptions(args: readonly string[]): BenchOptions {
  const command = new Command('npm run bench --')
    .description(
      'Measures redpost beside its peers. Without options, it renews docs/benchmarks.md.',
    )
    .option(
      '--quick',
      'fewer and shorter runs of the main measures: under two minutes, for a first look; with --only, of those',
      false,
    )
    .addOption(namesOption('--only <names...>', 'benchmarks or measures', benchmarkNames))
    .addOption(namesOption('--peers <names...>', 'peers to measure beside redpost', peerNames))
    .option('--no-peers', 'redpost alone')
    .option('--runs <n>', 'runs of each that count (default: 5, with --quick 2)', wholeNumber)
    .addOption(
      new Option('--persistence <kind>', '(default: both, with --quick none)').choices([
        'none',
        'aof',
        'both',
      ]),
    )
    .option('--json <file>', 'also write the results there')
    .allowExcessArguments(false)
    .helpOption('-h, --help', 'show this')
    .parse(args as string[], { from: 'user' });

  const { peers, ...given } = command.opts<GivenOptions>();
  return {
    ...given,
    persistence: given.persistence ?? (given.quick ? 'none' : 'both'),
    // What `--no-peers` sets.
    ...(peers !== undefined && { peers: peers || [] }),
  };
}

type GivenOptions = Omit<BenchOptions, 'peers' | 'persistence'> & {
  peers?: readonly string[] | false;
  persistence?: BenchOptions['persistence'];
};

function namesOption(flags: string, description: string, names: readonly string[]): Option {
  return new Option(flags, description).choices([...new Set(names)]);
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) {
    throw new InvalidArgumentError('a whole number from 1 on is needed.');
  }
  return number;
}
