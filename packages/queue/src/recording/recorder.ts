import { asError, type Complete } from '@redpost/core';
import { areObserved, SettledReport } from '@redpost/core/consuming';
import type { HeldDelivery } from '../consuming/delivery.js';
import type { QueueContext } from '../context.js';
import { addSeries } from '../scripts/add-series.js';
import { handlingTimes } from './handling-times.js';
import type { HistoryOptions } from './history-options.js';
import { HistoryRecorder, type RecorderHost } from './history-recorder.js';
import type { Outcome } from './outcome.js';
import { SeriesCounter } from './series-counter.js';

/** Notes what becomes of the messages that a session settles: in the series and the history of the queue, and to observers. */
export class Recorder {
  readonly #context: QueueContext;
  readonly #host: RecorderHost;
  readonly #series: SeriesCounter;
  // Most sessions never need these, and a process may have thousands.
  #history: HistoryRecorder | undefined;
  #report: SettledReport<HeldDelivery> | undefined;

  constructor(context: QueueContext, host: RecorderHost) {
    this.#context = context;
    this.#host = host;
    this.#series = new SeriesCounter(host);
  }

  /** The queue has such a history, or none. */
  set history(settings: Complete<HistoryOptions> | undefined) {
    if (!settings && !this.#history) return;
    this.#history ??= new HistoryRecorder(this.#context, this.#host);
    if (this.#history.isOn && !settings) void this.#history.flush();
    this.#history.settings = settings;
  }

  /** A message was settled so. @param error the message of the last error. */
  settled(held: HeldDelivery, outcome: Outcome, error?: string): void {
    this.#series.count(held, outcome);
    if (this.#history?.isOn) this.#history.record(held, outcome, error);
    if (areObserved('settled')) this.#openReport().add(held, outcome);
  }

  /** The same for a message that was acknowledged, as nearly all are: it costs next to nothing while nobody listens. */
  acked(held: HeldDelivery): void {
    this.#series.acked(held);
    if (this.#history?.isOn) this.#history.record(held, 'acked');
    if (areObserved('settled')) this.#openReport().add(held, 'acked');
  }

  /**
   * Adds what was counted since the last call to the series of the queue. Never rejects.
   *
   * @param hasKeys whether messages of the queue have keys.
   */
  async addSeries(hasKeys: boolean): Promise<void> {
    const counted = this.#series.take(hasKeys);
    if (!counted) return;
    try {
      const { connection, keys } = this.#context;
      await connection.run(addSeries, { keys, numbers: counted.numbers, keyTimes: counted.keys });
    } catch (error) {
      this.#host.failed(asError(error));
    }
  }

  /** Resolves when everything that was noted is in Redis, or has failed. */
  async flush(hasKeys: boolean): Promise<void> {
    await Promise.all([this.addSeries(hasKeys), this.#history?.flush()]);
  }

  #openReport(): SettledReport<HeldDelivery> {
    if (!this.#report) {
      const { name, connection } = this.#context;
      const destination = { kind: 'queue', name, address: connection.address } as const;
      const measure = (held: HeldDelivery) => handlingTimes(held, this.#host.serverNow);
      this.#report = new SettledReport(destination, measure);
    }
    return this.#report;
  }
}
