import { clearTimeout, setTimeout } from '../runtime/timers.js';
export interface CountedReportOptions {
  /** The shortest time between two reports, in ms. */
  everyMs: number;
  /** Called with the number of events since the last report. */
  report(count: number): void;
}

/**
 * Counts events and reports their number: the first event at once, and later ones at most once per `everyMs`, so that
 * many events do not cause many reports.
 */
export class CountedReport {
  readonly #options: CountedReportOptions;
  #total = 0;
  #unreported = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CountedReportOptions) {
    this.#options = options;
  }

  /** The number of all events. */
  get total(): number {
    return this.#total;
  }

  /** Counts so many more events. */
  add(count = 1): void {
    this.#total += count;
    this.#unreported += count;
    if (!this.#timer) this.#flush();
  }

  /** Reports the events that were not reported yet. */
  end(): void {
    clearTimeout(this.#timer);
    if (this.#unreported > 0) this.#tell();
  }

  readonly #flush = (): void => {
    this.#timer = undefined;
    if (this.#unreported === 0) return;
    this.#timer = setTimeout(this.#flush, this.#options.everyMs).unref();
    this.#tell();
  };

  #tell(): void {
    const count = this.#unreported;
    this.#unreported = 0;
    this.#options.report(count);
  }
}
