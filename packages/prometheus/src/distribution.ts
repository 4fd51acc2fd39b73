/** Upper bounds of the buckets, in seconds. */
const bounds: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600,
];

/** Times in buckets. Each may stand for several messages, which a histogram of prom-client cannot express. */
export class Distribution {
  readonly #counts = new Array<number>(bounds.length + 1).fill(0);
  #sum = 0;

  /** @param weight for how many messages it stands. */
  add(seconds: number, weight: number): void {
    let at = 0;
    while (at < bounds.length && seconds > (bounds[at] as number)) at += 1;
    this.#counts[at] = (this.#counts[at] as number) + weight;
    this.#sum += seconds * weight;
  }

  /** The samples of a histogram, by the end of their names. */
  samples(): { suffix: '_bucket' | '_sum' | '_count'; le?: number | '+Inf'; value: number }[] {
    let total = 0;
    const buckets = this.#counts.map((count, at) => {
      total += count;
      return { suffix: '_bucket' as const, le: bounds[at] ?? ('+Inf' as const), value: total };
    });
    return [...buckets, { suffix: '_sum', value: this.#sum }, { suffix: '_count', value: total }];
  }
}
