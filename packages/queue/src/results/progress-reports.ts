import { asError } from '@redpost/core';
import { clearTimeout, setTimeout } from '@redpost/core/consuming';
import type { HeldDelivery } from '../consuming/delivery.js';
import type { QueueContext } from '../context.js';
import { noteProgress } from '../scripts/progress.js';

/** How often progress is sent at most, in ms. */
const pauseMs = 100;

/** The progress of what a consumer holds: of each message the last one, all together in one call, ten times a second. */
export class ProgressReports {
  readonly #context: QueueContext;
  readonly #failed: (error: Error) => void;
  readonly #last = new Map<HeldDelivery, string | Buffer>();
  #timer: NodeJS.Timeout | undefined;

  constructor(context: QueueContext, failed: (error: Error) => void) {
    this.#context = context;
    this.#failed = failed;
  }

  add(held: HeldDelivery, progress: string | Buffer): void {
    this.#last.set(held, progress);
    if (this.#timer) return;
    this.flush();
    this.#timer = setTimeout(() => this.#goOn(), pauseMs);
  }

  /** Sends what there is: before one of them is settled, so that its last progress comes before its result. */
  flush(): void {
    if (this.#last.size === 0) return;
    const reports = [...this.#last].map(([{ id, keepResultMs = 0, attempt }, progress]) => {
      return { id, keepMs: keepResultMs, attempt, progress };
    });
    this.#last.clear();
    const { connection, keys } = this.#context;
    connection.run(noteProgress, { keys, reports }).catch((error) => this.#failed(asError(error)));
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #goOn(): void {
    this.#timer = undefined;
    if (this.#last.size === 0) return;
    this.flush();
    this.#timer = setTimeout(() => this.#goOn(), pauseMs);
  }
}
