import { messageOf } from '../error-text.js';
import { CountedReport } from './counted-report.js';

/** The shortest time between two warnings, in ms. */
const everyMs = 5000;

/**
 * Warns by a process warning that messages become dead letters while the event that reports them has no listener. It
 * warns at once, then every few seconds, with their number and the last reason.
 */
export class UnheardDeadLetters {
  readonly #report: CountedReport;
  #lastReason = '';

  /**
   * @param place where the messages were, e.g. `queue emails`.
   * @param event the event that has no listener.
   */
  constructor(place: string, event: string) {
    this.#report = new CountedReport({
      everyMs,
      report: (count) => {
        const became =
          count === 1 ? '1 message became a dead letter' : `${count} messages became dead letters`;
        process.emitWarning(
          `${became} in ${place}, the last one for this reason: ${this.#lastReason}. Listen to the event '${event}' to be told of each`,
          { type: 'DeadLetterWarning', code: 'REDPOST_DEAD_LETTER' },
        );
      },
    });
  }

  /** Counts so many more dead letters, the last one for this reason. */
  add(reason: unknown, count = 1): void {
    this.#lastReason = messageOf(reason);
    this.#report.add(count);
  }

  /** Warns of the dead letters that were not reported yet. */
  end(): void {
    this.#report.end();
  }
}
