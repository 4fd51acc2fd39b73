import { Distribution } from './distribution.js';

type Labels = Record<string, string>;

interface Series {
  labels: Labels;
  distribution: Distribution;
}

/** What a registry of prom-client asks of a metric. */
interface Collected {
  name: string;
  help: string;
  type: 'histogram';
  aggregator: 'sum';
  values: { metricName: string; labels: Record<string, string | number>; value: number }[];
}

/** A histogram for a registry of prom-client, whose observations may have weights. */
export class WeightedHistogram {
  readonly name: string;
  readonly help: string;
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  readonly #series = new Map<string, Series>();

  constructor(name: string, help: string) {
    this.name = name;
    this.help = help;
  }

  /** The series of these labels, which is made at its first use. */
  of(labels: Labels): Distribution {
    const key = JSON.stringify(Object.values(labels));
    const known = this.#series.get(key);
    if (known) return known.distribution;
    const distribution = new Distribution();
    this.#series.set(key, { labels, distribution });
    return distribution;
  }

  /** Called by the registry at each scrape. */
  async get(): Promise<Collected> {
    const values = [...this.#series.values()].flatMap(({ labels, distribution }) =>
      distribution.samples().map(({ suffix, le, value }) => ({
        metricName: `${this.name}${suffix}`,
        labels: le === undefined ? labels : { le, ...labels },
        value,
      })),
    );
    const { name, help, type, aggregator } = this;
    return { name, help, type, aggregator, values };
  }

  /** Called by the registry when all metrics are to begin anew. */
  reset(): void {
    this.#series.clear();
  }
}
