import type { RedpostError } from '../errors.js';
import type { Reply } from '../replies.js';
import { type LineCall, WaitingLine } from './waiting-line.js';

export interface WaitingLinesOptions<Route> {
  /** Returns a function that returns the present destination of calls for the key that a line is named for. */
  routeTo(name: string): () => Route;
  /** Like {@link WaitingLineOptions.expired}. */
  expired(refusal: RedpostError | undefined): RedpostError;
}

/** How many empty lines are kept, because a new line for each call would cost more. */
const keptLines = 1000;

/** A waiting line for each name that is used. */
export class WaitingLines<Route> {
  readonly #options: WaitingLinesOptions<Route>;
  readonly #lines = new Map<string, WaitingLine<Route>>();

  constructor(options: WaitingLinesOptions<Route>) {
    this.#options = options;
  }

  add(name: string, call: LineCall<Route>): Promise<Reply> {
    return (this.#lines.get(name) ?? this.#open(name)).add(call);
  }

  #open(name: string): WaitingLine<Route> {
    const { routeTo, expired } = this.#options;
    const line = new WaitingLine<Route>({
      route: routeTo(name),
      expired,
      empty: () => {
        if (this.#lines.size > keptLines) this.#lines.delete(name);
      },
    });
    this.#lines.set(name, line);
    return line;
  }
}
