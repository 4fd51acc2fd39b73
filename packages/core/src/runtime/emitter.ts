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
  /** Most events have no listener, or one. There are emitters by the thousand, so what is not needed is not made. */
  #listeners: Map<keyof Events, Listener<never> | Set<Listener<never>>> | undefined;
  readonly #names: NamesOf<Events> | undefined;
  #warned: Set<string> | undefined;

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
    // A function of its own, so that the same listener may be registered twice.
    const registered = inThisContext((payload: Events[Event]) => listener(payload));
    this.#listeners ??= new Map();
    const others = this.#listeners.get(event);
    if (others === undefined) this.#listeners.set(event, registered);
    else if (typeof others !== 'function') others.add(registered);
    else this.#listeners.set(event, new Set<Listener<never>>([others, registered]));
    return () => this.#remove(event, registered);
  }

  #remove(event: keyof Events, registered: Listener<never>): void {
    const listeners = this.#listeners?.get(event);
    if (listeners === registered) this.#listeners?.delete(event);
    else if (typeof listeners === 'object') listeners.delete(registered);
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
    const listeners = this.#listeners?.get(event);
    return typeof listeners === 'object' ? listeners.size > 0 : listeners !== undefined;
  }

  /** Calls every listener of `event`. An error that a listener throws becomes a process warning. */
  emit<Event extends keyof Events>(event: Event, payload: Events[Event]): void {
    const listeners = this.#listeners?.get(event);
    if (typeof listeners === 'object' && listeners.size > 0) {
      for (const listener of [...listeners]) tell(listener as Listener<Events[Event]>, payload);
    } else if (typeof listeners === 'function') {
      tell(listeners as Listener<Events[Event]>, payload);
    } else if (event === 'error') {
      this.#warnOnce(payload);
    }
  }

  #warnOnce(payload: unknown): void {
    const error = asError(payload);
    const code = isRedpostError(error) ? error.code : error.name;
    if (this.#warned?.has(code)) return;
    this.#warned ??= new Set();
    this.#warned.add(code);
    warn(error);
  }
}

function tell<Payload>(listener: Listener<Payload>, payload: Payload): void {
  try {
    const result: unknown = listener(payload);
    if (isThenable(result)) result.then(undefined, warnOfListener);
  } catch (error) {
    warnOfListener(error);
  }
}

/** With the stack, which shows whose listener it is. */
function warnOfListener(error: unknown): void {
  warn(error, { withStack: true });
}
