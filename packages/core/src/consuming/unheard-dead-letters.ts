import { messageOf } from '../error-text.js';
import { CountedReport } from './counted-report.js';

/** How often at most it is said, in ms. */
const everyMs = 5000;

/**
 * Says by a process warning that messages become dead letters while nobody listens to the event that
 * tells of them: at once, then every few seconds, with their number and the last reason.
 */
export class UnheardDeadLetters {
  readonly #report: CountedReport;
  #lastReason = '';

  /**
   * @param place where they were, e.g. `queue emails`.
   * @param event the event that nobody listens to.
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

  /** So many more messages became dead letters, the last one for this reason. */
  add(reason: unknown, count = 1): void {
    this.#lastReason = messageOf(reason);
    this.#report.add(count);
  }

  /** Says what was not said yet. */
  end(): void {
    this.#report.end();
  }
}
