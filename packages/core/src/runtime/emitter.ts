import { asError, isRedpostError } from '../errors.js';
import { type NamesOf, refuseUnknownEvent } from '../options/options.js';
import { inThisContext } from './context.js';
import { isThenable } from './is-thenable.js';
import { warn } from './warning.js';

type Listener<Payload> = (payload: Payload) => void;

/** Removes the listener it was returned for. Calling it again does nothing. */
export type Unlisten = () => void;

/**
 * Typed events, without the two traps of Node's `EventEmitter`: a listener that throws (or, being async,
 * rejects) disturbs neither the emitter nor the other listeners, and an `error` without a listener does not
 * end the process. Such an error is reported once per code as a process warning.
 */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();
  readonly #names: NamesOf<Events> | undefined;
  readonly #warned = new Set<string>();

  /** @param names of all possible events; others are refused. */
  constructor(names?: NamesOf<Events>) {
    this.#names = names;
  }

  /**
   * Calls `listener` at every `event`, in the order of registration and in the context of this call.
   *
   * @throws InvalidArgumentError for an event that is never emitted.
   */
  on<Event extends keyof Events>(event: Event, listener: Listener<Events[Event]>): Unlisten {
    if (this.#names) refuseUnknownEvent(event, this.#names);
    const listeners = this.#listeners.get(event) ?? new Set();
    // A function of its own, so that the same listener may be registered twice.
    const registered = inThisContext((payload: Events[Event]) => listener(payload));
    this.#listeners.set(event, listeners.add(registered));
    return () => void listeners.delete(registered);
  }

  /** Calls `listener` at the next `event` only. */
  once<Event extends keyof Events>(event: Event, listener: Listener<Events[Event]>): Unlisten {
    const unlisten = this.on(event, (payload) => {
      unlisten();
      listener(payload);
    });
    return unlisten;
  }

  /** True when `event` has a listener: saves creating an unused payload. */
  hasListeners(event: keyof Events): boolean {
    return (this.#listeners.get(event)?.size ?? 0) > 0;
  }

  /** Calls every listener of `event`. An error that a listener throws becomes a process warning. */
  emit<Event extends keyof Events>(event: Event, payload: Events[Event]): void {
    const listeners = this.#listeners.get(event);
    if (!listeners?.size) {
      if (event === 'error') this.#warnOnce(payload);
      return;
    }
    for (const listener of [...listeners]) {
      try {
        const result: unknown = (listener as Listener<Events[Event]>)(payload);
        if (isThenable(result)) result.then(undefined, warnOfListener);
      } catch (error) {
        warnOfListener(error);
      }
    }
  }

  #warnOnce(payload: unknown): void {
    const error = asError(payload);
    const code = isRedpostError(error) ? error.code : error.name;
    if (this.#warned.has(code)) return;
    this.#warned.add(code);
    warn(error);
  }
}

/** With the stack, which shows whose listener it is. */
function warnOfListener(error: unknown): void {
  warn(error, { withStack: true });
}
