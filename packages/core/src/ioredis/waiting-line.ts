import type { RedpostError } from '../errors.js';
import type { Reply } from '../replies.js';
import { clearTimeout, performance, setTimeout } from '../runtime/timers.js';
import { timerMs } from './timer-ms.js';
import { isRefusal, mayResend } from './translate-error.js';

/** A call that stands in a line. */
export interface LineCall<Route> {
  /** When to give up, by `performance.now()`. */
  deadline: number;
  /**
   * Sends it once, as soon as the server answers.
   *
   * @param route returns the destination.
   * @param isAlone no other call of the line is unanswered, so that this one may be redirected on its way.
   */
  send(route: () => Route, isAlone: boolean): Promise<Reply>;
}

export interface WaitingLineOptions<Route> {
  /** The present destination of calls. A call to another destination than earlier calls might overtake them. */
  route: () => Route;
  /** The error of a call whose deadline passes while it waits; `refusal` is the error that holds up the line. */
  expired(refusal: RedpostError | undefined): RedpostError;
  /** The line is empty. */
  empty(): void;
}

/** A call that has to wait. */
interface Place<Route> {
  readonly call: LineCall<Route>;
  /** In the order of the calls. */
  readonly number: number;
  /** Ends the waiting. */
  timer?: NodeJS.Timeout;
  resolve(reply: Promise<Reply>): void;
  reject(error: unknown): void;
}

/** How long to wait before a refused call is sent again, in ms: at first, and at most. */
const [shortestPauseMs, longestPauseMs] = [1, 100];

/**
 * Calls that the server executes in the order in which they were made.
 *
 * They leave at once, any number of them at a time, until the server refuses one without having executed it
 * (`BUSY`, `READONLY`, `MOVED`, …). From then on the line is held up: later calls wait, unanswered calls are
 * waited for, and the refused call is repeated alone. When it was executed, two calls may be unanswered at a
 * time, then four, and so on. When no call waits any more, any number may be.
 */
export class WaitingLine<Route> {
  readonly #options: WaitingLineOptions<Route>;
  /** The waiting calls in their order. */
  #waiting: Place<Route>[] = [];
  /** The refused calls among those that were sent together. */
  #refused: Place<Route>[] = [];
  #out = 0;
  /** How many calls may be unanswered. */
  #window = Number.POSITIVE_INFINITY;
  /** The destination of the unanswered calls. */
  #route: Route | undefined;
  #refusal: RedpostError | undefined;
  #pauseMs = shortestPauseMs;
  #made = 0;

  constructor(options: WaitingLineOptions<Route>) {
    this.#options = options;
  }

  add(call: LineCall<Route>): Promise<Reply> {
    this.#made += 1;
    const route = this.#options.route();
    if (this.#isOpen(route)) return this.#send(call, this.#made, route, false);
    return this.#place(call, this.#made, (place) => this.#wait(place));
  }

  #isOpen(route: Route): boolean {
    if (this.#window !== Number.POSITIVE_INFINITY) return false;
    if (this.#out === 0) return true;
    return route === this.#route && this.#waiting.length === 0 && this.#refused.length === 0;
  }

  /** Only waiting calls have a place, which most calls do not need. */
  #place(
    call: LineCall<Route>,
    number: number,
    put: (place: Place<Route>) => void,
  ): Promise<Reply> {
    return new Promise((resolve, reject) => put({ call, number, resolve, reject }));
  }

  #wait(place: Place<Route>): void {
    place.timer = setTimeout(() => {
      this.#waiting = this.#waiting.filter((other) => other !== place);
      place.reject(this.#options.expired(this.#refusal));
    }, timerMs(place.call.deadline));
    this.#waiting.push(place);
  }

  #send(call: LineCall<Route>, number: number, route: Route, isAlone: boolean): Promise<Reply> {
    this.#route = route;
    this.#out += 1;
    return call.send(this.#options.route, isAlone).then(
      (reply) => {
        this.#answered();
        return reply;
      },
      (error) => {
        const isPassing = mayResend(error) && !isRefusal(error);
        const mayRepeat = isPassing && performance.now() < call.deadline;
        const outcome = mayRepeat ? this.#refuse(call, number, error) : Promise.reject(error);
        this.#answered();
        return outcome;
      },
    );
  }

  #refuse(call: LineCall<Route>, number: number, error: RedpostError): Promise<Reply> {
    this.#refusal = error;
    return this.#place(call, number, (place) => this.#refused.push(place));
  }

  #answered(): void {
    this.#out -= 1;
    if (this.#out > 0) return;
    if (this.#refused.length > 0) this.#holdUp();
    else {
      this.#window *= 2;
      this.#pauseMs = shortestPauseMs;
      this.#goOn();
    }
  }

  /** Refused calls return to their places. */
  #holdUp(): void {
    const behind = this.#waiting;
    this.#waiting = [];
    for (const place of this.#refused.sort((a, b) => a.number - b.number)) this.#wait(place);
    this.#waiting.push(...behind);
    this.#refused = [];
    this.#window = 1;
    setTimeout(() => this.#goOn(), this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
  }

  #goOn(): void {
    if (this.#waiting.length === 0) {
      this.#open();
      this.#options.empty();
      return;
    }
    const route = this.#options.route();
    const isAlone = this.#window === 1;
    const next = this.#waiting.splice(0, this.#window);
    if (this.#waiting.length === 0 && !isAlone) this.#open();
    for (const { call, number, timer, resolve } of next) {
      clearTimeout(timer);
      resolve(this.#send(call, number, route, isAlone));
    }
  }

  #open(): void {
    this.#window = Number.POSITIVE_INFINITY;
    this.#refusal = undefined;
  }
}
