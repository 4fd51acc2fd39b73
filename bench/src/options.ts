import { Command, InvalidArgumentError } from 'commander';

export interface BenchOptions {
  readonly quick: boolean;
  /** Works or measures; all without. */
  readonly only?: readonly string[];
  /** Peers to measure beside redpost; all without. */
  readonly peers?: readonly string[];
  readonly runs?: number;
  readonly persistence: 'none' | 'aof' | 'both';
  readonly json?: string;
}

export function benchOptions(args: readonly string[]): BenchOptions {
  const command = new Command('npm run bench --')
    .description(
      'Measures redpost beside its peers. Without options, it renews docs/benchmarks.md.',
    )
    .option('--quick', 'fewer and shorter runs: under two minutes, good for a first look', false)
    .option('--only <names...>', 'works or measures, such as `latency` or `send`')
    .option('--peers <names...>', 'peers, such as `bullmq`')
    .option('--runs <n>', 'runs of each that count (default: 5, with --quick 2)', wholeNumber)
    .option('--persistence <kind>', 'none, aof or both (default: both, with --quick none)')
    .option('--json <file>', 'also write the results there')
    .allowExcessArguments(false)
    .helpOption('-h, --help', 'show this')
    .parse(args as string[], { from: 'user' });

  const given = command.opts<BenchOptions>();
  return { ...given, persistence: given.persistence ?? (given.quick ? 'none' : 'both') };
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) {
    throw new InvalidArgumentError('a whole number from 1 on is needed.');
  }
  return number;
}
