/** How long drops are added up before they are reported again, in ms. */
const reportEveryMs = 1000;

/**
 * Counts what was dropped, and reports it: the first drop at once, and what follows at most once
 * a second, so that a flood of messages does not become a flood of events.
 */
export class OverflowReport {
  readonly #report: (dropped: number) => void;
  #total = 0;
  #unreported = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param report gets how many were dropped since the last report. */
  constructor(report: (dropped: number) => void) {
    this.#report = report;
  }

  get total(): number {
    return this.#total;
  }

  add(): void {
    this.#total++;
    this.#unreported++;
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
    this.#timer = setTimeout(this.#flush, reportEveryMs).unref();
    this.#tell();
  };

  #tell(): void {
    const dropped = this.#unreported;
    this.#unreported = 0;
    this.#report(dropped);
  }
}
