import { Counter, type Registry } from 'prom-client';

type Labels = Record<string, string>;

/** What was counted for some labels since the last scrape. */
export interface Tally {
  readonly labels: Labels;
  count: number;
}

/** A counter that gets what was counted at each scrape: `Counter.inc` costs more than to send a message, since it makes a key of the labels. */
export class Total {
  readonly #tallies: Tally[] = [];

  constructor(options: { name: string; help: string; labelNames: string[]; registry: Registry }) {
    const { name, help, labelNames, registry } = options;
    const tallies = this.#tallies;
    new Counter({
      ...{ name, help, labelNames, registers: [registry] },
      collect() {
        for (const tally of tallies) {
          if (tally.count > 0) this.inc(tally.labels, tally.count);
          tally.count = 0;
        }
      },
    });
  }

  /** Where messages with these labels are counted. */
  of(labels: Labels): Tally {
    const tally = { labels, count: 0 };
    this.#tallies.push(tally);
    return tally;
  }
}
