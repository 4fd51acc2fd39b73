import { clearTimeout, setTimeout } from '../runtime/timers.js';
export interface CountedReportOptions {
  /** How long to add up before the next report, in ms. */
  everyMs: number;
  /** Gets how many there were since the last report. */
  report(count: number): void;
}

/**
 * Counts what happens, and reports it: the first time at once, and what follows at most once in a
 * while, so that a flood of messages does not become a flood of reports.
 */
export class CountedReport {
  readonly #options: CountedReportOptions;
  #total = 0;
  #unreported = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: CountedReportOptions) {
    this.#options = options;
  }

  /** How many there were altogether. */
  get total(): number {
    return this.#total;
  }

  /** There were so many more. */
  add(count = 1): void {
    this.#total += count;
    this.#unreported += count;
    if (!this.#timer) this.#flush();
  }

  /** Reports what was not reported yet. */
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
