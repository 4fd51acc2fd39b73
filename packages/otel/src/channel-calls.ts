import { nextTick, performance } from '@redpost/core/consuming';
import { afterwards } from './afterwards.js';
import type { Metrics } from './metrics.js';
import type { Place } from './places.js';

/** So many calls of each tick are timed, as of what consumers settle. */
const timedFirst = 4;

/** Measures the calls of handlers of channels. */
export class ChannelCalls {
  readonly #metrics: Metrics;
  #inThisTick = 0;

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  measured(place: Place, run: () => unknown): unknown {
    this.#metrics.consumed.add(1, place.measured);
    if (this.#inThisTick === 0) nextTick(this.#endTick);
    this.#inThisTick += 1;
    return this.#inThisTick <= timedFirst ? this.#timed(place, run) : run();
  }

  #timed(place: Place, run: () => unknown): unknown {
    const begun = performance.now();
    return afterwards(run, (error) => {
      const measured = error === undefined ? place.measured : place.failed(error);
      this.#metrics.processTook(performance.now() - begun, measured);
    });
  }

  readonly #endTick = (): void => {
    this.#inThisTick = 0;
  };
}
