import { isRedpostError, type RedpostError } from '@redpost/core';
import { type Feed, type Heartbeat, pause, performance } from '@redpost/core/consuming';
import type { ConsumedEnd, QueueContext } from '../context.js';
import { rememberMs } from '../scripts/recover.js';

/** The feed that waits. */
type Fed = Pick<Feed<never>, 'failed' | 'pollAgain' | 'pump'>;

export interface BlockingMoveOptions {
  consumer: string;
  from: ConsumedEnd;
  /** How long one move waits before the lease is checked again, in ms. */
  waitMs(): number;
  /** Nothing is moved when the lease is lost. */
  heartbeat: Heartbeat;
  /** A move has brought an element: it now lies in the handoff list. */
  brought(element: Buffer): void;
  /** The bell has rung: there are elements in the list. */
  rang(): void;
  /** It has waited as long as it may, and nothing came. */
  broughtNothing(): void;
  /** Redis refuses moves, e.g. because it is out of memory. Said once; from then on, polling stands in for moves. */
  refused(error: RedpostError): void;
}

/** True for a command that the server refused, and will refuse until something changes there. */
function isRefusal(error: unknown): error is RedpostError {
  return (
    isRedpostError(error, 'OUT_OF_MEMORY') || (isRedpostError(error, 'SERVER') && !error.retryable)
  );
}

/** How often a server that refuses moves is asked for messages, in ms. */
const pollMs = 100;

/**
 * How to wait: by a move into the handoff list, or by a bell that rings when there is an element, and takes nothing.
 * Redis has no such command. But to move an element from one end of a list to the same end leaves everything as it is.
 */
export type Waiting = 'move' | 'bell';

/**
 * Waits for the next message on a socket of its own, one command at a time: `BLMOVE list handoff`, or
 * `BLMOVE list list` as a bell. The element comes along with either answer, however large it is.
 *
 * All bells ring at each element that comes while the list is empty, and at once where it is not: so none may be
 * started unless the list was found empty.
 *
 * When the answer to a move got lost, the server may not have noticed yet that it is no longer
 * wanted: for a while, it may still bring a *stray* that this consumer was not told of.
 */
export class BlockingMove {
  readonly #context: QueueContext;
  readonly #options: BlockingMoveOptions;
  #abort: AbortController | undefined;
  #waiting: Waiting = 'move';
  #over: Promise<void> = Promise.resolve();
  #straysUntil = Number.NEGATIVE_INFINITY;
  #isRefused = false;
  #ended = false;

  constructor(context: QueueContext, options: BlockingMoveOptions) {
    this.#context = context;
    this.#options = options;
  }

  get isOut(): boolean {
    return this.#abort !== undefined;
  }

  /** True while one is out that takes what it finds. */
  get mayTake(): boolean {
    return this.isOut && this.#waiting === 'move';
  }

  get mayBringStrays(): boolean {
    return performance.now() < this.#straysUntil;
  }

  /** @param feed told when it fails and when it is over, and to ask again. */
  start(feed: Fed, waiting: Waiting): void {
    this.#waiting = waiting;
    this.#abort = new AbortController();
    this.#over = this.#run(feed, this.#abort.signal);
  }

  /** Asks the server to answer now. A message that it has moved by then is still reported. */
  cancel(): Promise<void> {
    this.#abort?.abort();
    return this.#over;
  }

  /** The result of the move is no longer needed. */
  end(): void {
    this.#ended = true;
    this.#abort?.abort();
  }

  async #run(feed: Fed, signal: AbortSignal): Promise<void> {
    try {
      await this.#move(signal);
    } catch (error) {
      if (isRefusal(error)) {
        await this.#sitOut(error, signal);
        feed.pollAgain();
      } else if (error !== signal.reason) {
        if (this.#waiting === 'move') this.#straysUntil = performance.now() + rememberMs;
        feed.failed(error);
      }
    }
    if (this.#abort?.signal === signal) this.#abort = undefined;
    feed.pump();
  }

  async #move(signal: AbortSignal): Promise<void> {
    const { connection, keys } = this.#context;
    const { consumer, from, heartbeat, waitMs } = this.#options;
    if (!(await heartbeat.ensureFresh()) || signal.aborted) return;
    const isBell = this.#waiting === 'bell';
    const to = isBell
      ? ([keys.list, from, from] as const)
      : ([keys.handoff(consumer), from, 'LEFT'] as const);
    await connection.block((ms) => ['BLMOVE', keys.list, ...to, ms / 1000], {
      timeoutMs: waitMs(),
      signal,
      onReply: (element) => (isBell ? this.#ring() : this.#bring(element as Buffer)),
    });
    this.#isRefused = false;
    // A move that was aborted has not waited, and one that has brought something is not this one any more.
    if (this.#abort?.signal === signal && !signal.aborted) this.#options.broughtNothing();
  }

  /** Stands in for a move while none is possible: it saves time, but must not be the only way to hear. */
  async #sitOut(error: RedpostError, signal: AbortSignal): Promise<void> {
    if (!this.#isRefused) this.#options.refused(error);
    this.#isRefused = true;
    await pause(pollMs, undefined, { signal, ref: false }).catch(() => {});
  }

  #ring(): void {
    this.#abort = undefined;
    if (!this.#ended) this.#options.rang();
  }

  #bring(element: Buffer): void {
    this.#abort = undefined;
    // What comes after the end stays in the handoff list, for the consumer that recovers it.
    if (!this.#ended) this.#options.brought(element);
  }
}
