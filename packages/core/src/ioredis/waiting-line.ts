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
   * @param route tells where to.
   * @param isAlone nothing else of the line is out, so that it may be redirected on its way.
   */
  send(route: () => Route, isAlone: boolean): Promise<Reply>;
}

export interface WaitingLineOptions<Route> {
  /** Where calls go now: what goes another way than those before it might overtake them. */
  route: () => Route;
  /** The error of a call whose time is up while it waits; `refusal` is what holds up the line. */
  expired(refusal: RedpostError | undefined): RedpostError;
  /** Nothing is in the line. */
  empty(): void;
}

interface Place<Route> extends LineCall<Route> {
  /** In the order of the calls. */
  readonly number: number;
  /** Ends the waiting; missing while it is out. */
  timer?: NodeJS.Timeout | undefined;
  resolve(reply: Reply): void;
  reject(error: unknown): void;
}

/** How long to wait before what was refused is sent again, in ms: at first, and at most. */
const [shortestPauseMs, longestPauseMs] = [1, 100];

/**
 * Calls that the server executes in the order in which they were made.
 *
 * They leave at once, any number of them at a time, until the server refuses one without having
 * executed it (`BUSY`, `READONLY`, `MOVED`, …). From then on the line is held up: those behind wait,
 * those that are out are waited for, and what was refused is repeated, alone. When it is through, two
 * may be out at a time, then four, and so on; when nobody waits any more, any number again.
 */
export class WaitingLine<Route> {
  readonly #options: WaitingLineOptions<Route>;
  /** What waits, in the order of the calls. */
  #waiting: Place<Route>[] = [];
  /** Of those that were out together, those that have come back refused. */
  #refused: Place<Route>[] = [];
  #out = 0;
  /** How many may be out. */
  #window = Number.POSITIVE_INFINITY;
  /** The way of those that are out. */
  #route: Route | undefined;
  #refusal: RedpostError | undefined;
  #pauseMs = shortestPauseMs;
  #made = 0;

  constructor(options: WaitingLineOptions<Route>) {
    this.#options = options;
  }

  add(call: LineCall<Route>): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#made += 1;
      const { deadline, send } = call;
      const place: Place<Route> = { number: this.#made, deadline, send, resolve, reject };
      const route = this.#options.route();
      if (this.#isOpen(route)) this.#send(place, route, false);
      else this.#wait(place);
    });
  }

  #isOpen(route: Route): boolean {
    if (this.#window !== Number.POSITIVE_INFINITY) return false;
    if (this.#out === 0) return true;
    return route === this.#route && this.#waiting.length === 0 && this.#refused.length === 0;
  }

  #wait(place: Place<Route>): void {
    place.timer = setTimeout(() => {
      this.#waiting = this.#waiting.filter((other) => other !== place);
      place.reject(this.#options.expired(this.#refusal));
    }, timerMs(place.deadline));
    this.#waiting.push(place);
  }

  #send(place: Place<Route>, route: Route, isAlone: boolean): void {
    this.#route = route;
    this.#out += 1;
    place.send(this.#options.route, isAlone).then(
      (reply) => {
        place.resolve(reply);
        this.#answered();
      },
      (error) => {
        const isPassing = mayResend(error) && !isRefusal(error);
        if (isPassing && performance.now() < place.deadline) this.#refuse(place, error);
        else place.reject(error);
        this.#answered();
      },
    );
  }

  #refuse(place: Place<Route>, error: RedpostError): void {
    this.#refusal = error;
    this.#refused.push(place);
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

  /** What was refused goes back to where it stood. */
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
    for (const place of next) {
      clearTimeout(place.timer);
      this.#send(place, route, isAlone);
    }
  }

  #open(): void {
    this.#window = Number.POSITIVE_INFINITY;
    this.#refusal = undefined;
  }
}
