import {
  type Destination,
  type NamesOf,
  type Observer,
  observe,
  refuseUnknownOptions,
  type SentBatch,
  type SettledAs,
  type SettledBatch,
  type Unlisten,
  wholeNumber,
} from '@redpost/core';
import type { Metric, Registry } from 'prom-client';
import { BoundedNames } from './bounded-names.js';
import type { Distribution } from './distribution.js';
import { WeightedHistogram } from './histogram.js';
import { type Tally, Total } from './total.js';

/** How a process is measured. */
export interface ProcessMetricsOptions {
  /** The registry that gets the metrics, of your `prom-client`. */
  registry: Registry;
  /** What the names of all metrics begin with. Default `redpost_`. */
  prefix?: string | undefined;
  /**
   * How many names of queues, topics and channels may be values of labels, at least 1, and as many groups of topics. Further ones are
   * counted as `_other`. Default 500.
   */
  maxNames?: number | undefined;
}

const optionNames: NamesOf<ProcessMetricsOptions> = {
  registry: true,
  prefix: true,
  maxNames: true,
};

const outcomes: readonly SettledAs[] = ['acked', 'retried', 'dead', 'expired', 'cancelled'];

const labelNames = ['kind', 'name', 'group'] as const;

/** What is counted for one destination. */
interface Place {
  sent: Tally;
  failed: Tally;
  settled: Record<SettledAs, Tally>;
  wait: Distribution;
  run: Distribution;
}

/**
 * Counts and measures what this process sends and handles, until the returned function is called, which also removes the
 * metrics: `redpost_sent_total`, `redpost_send_failed_total`, `redpost_settled_total` by outcome, and the histograms
 * `redpost_wait_seconds` and `redpost_run_seconds`.
 *
 * @throws InvalidArgumentError for an option that cannot work.
 */
export function collectProcessMetrics(options: ProcessMetricsOptions): Unlisten {
  refuseUnknownOptions('collectProcessMetrics()', options, optionNames);
  const { registry, prefix = 'redpost_', maxNames = 500 } = options;
  wholeNumber('maxNames', maxNames, { min: 1 });
  const metrics = new ProcessMetrics(registry, prefix, maxNames);
  const unlisten = observe(metrics);
  return () => {
    unlisten();
    for (const name of metrics.names) registry.removeSingleMetric(name);
  };
}

class ProcessMetrics implements Observer {
  readonly names: readonly string[];
  readonly #names: BoundedNames;
  readonly #groups: BoundedNames;
  readonly #sent: Total;
  readonly #failed: Total;
  readonly #settled: Total;
  readonly #wait: WeightedHistogram;
  readonly #run: WeightedHistogram;
  readonly #places = new Map<string, Place>();
  /** The last one, since batches of one place often follow each other. */
  #last: (Pick<Destination, 'kind' | 'name' | 'group'> & { place: Place }) | undefined;

  constructor(registry: Registry, prefix: string, maxNames: number) {
    const counter = (name: string, help: string, labels: readonly string[] = labelNames) =>
      new Total({ name: prefix + name, help, labelNames: [...labels], registry });
    this.#names = new BoundedNames(maxNames);
    this.#groups = new BoundedNames(maxNames);
    this.#sent = counter('sent_total', 'Messages that were sent or published.');
    this.#failed = counter('send_failed_total', 'Messages that were refused, or may not be there.');
    this.#settled = counter('settled_total', 'Messages that were settled, by outcome.', [
      ...labelNames,
      'outcome',
    ]);
    this.#wait = new WeightedHistogram(
      `${prefix}wait_seconds`,
      'How long messages waited until their handler began.',
    );
    this.#run = new WeightedHistogram(`${prefix}run_seconds`, 'How long handlers ran.');
    for (const histogram of [this.#wait, this.#run]) {
      registry.registerMetric(histogram as unknown as Metric<string>);
    }
    const all = ['sent_total', 'send_failed_total', 'settled_total', 'wait_seconds', 'run_seconds'];
    this.names = all.map((name) => prefix + name);
  }

  sent(batch: SentBatch): void {
    const { sent, failed } = this.#placeOf(batch);
    sent.count += batch.sent;
    failed.count += batch.failed;
  }

  settled(batch: SettledBatch): void {
    const { settled, wait, run } = this.#placeOf(batch);
    for (const outcome of outcomes) settled[outcome].count += batch.counts[outcome];
    for (const { waitMs, runMs, weight } of batch.times) {
      if (waitMs !== undefined) wait.add(waitMs / 1000, weight);
      if (runMs !== undefined) run.add(runMs / 1000, weight);
    }
  }

  #placeOf(destination: Destination): Place {
    const { kind, name, group } = destination;
    const last = this.#last;
    if (last?.kind === kind && last.name === name && last.group === group) return last.place;
    const place = this.#find(destination);
    this.#last = { kind, name, group, place };
    return place;
  }

  #find({ kind, name, group = '' }: Destination): Place {
    const bounded = this.#names.label(name);
    const labels = { kind, name: bounded, group: bounded === name ? this.#group(name, group) : '' };
    const key = JSON.stringify(labels);
    const known = this.#places.get(key);
    if (known) return known;
    const place: Place = {
      sent: this.#sent.of(labels),
      failed: this.#failed.of(labels),
      settled: settledBy((outcome) => this.#settled.of({ ...labels, outcome })),
      wait: this.#wait.of(labels),
      run: this.#run.of(labels),
    };
    this.#places.set(key, place);
    return place;
  }

  /** Groups of two topics are two, whatever they are called. */
  #group(topic: string, group: string): string {
    return group === '' ? '' : this.#groups.label(group, JSON.stringify([topic, group]));
  }
}

function settledBy(tallyOf: (outcome: SettledAs) => Tally): Record<SettledAs, Tally> {
  return Object.fromEntries(outcomes.map((outcome) => [outcome, tallyOf(outcome)])) as Record<
    SettledAs,
    Tally
  >;
}
