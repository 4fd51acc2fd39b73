import type { Unlisten } from './emitter.js';

/** Of each signal that somebody waits for. */
const waiting = new WeakMap<AbortSignal, Waiting>();

interface Waiting {
  readonly listeners: Set<() => void>;
  readonly tell: () => void;
}

/**
 * Calls `listener` when the signal is aborted; returns what forgets it. However many wait for one
 * signal, it has one listener: Node takes more than ten for a leak, and warns.
 *
 * A signal that is aborted already calls nobody.
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): Unlisten {
  if (!signal || signal.aborted) return () => {};
  const { listeners, tell } = waiting.get(signal) ?? listenTo(signal);
  // A function of its own, so that the same listener may wait twice.
  const own = () => listener();
  listeners.add(own);
  return () => {
    if (!listeners.delete(own) || listeners.size > 0) return;
    waiting.delete(signal);
    signal.removeEventListener('abort', tell);
  };
}

function listenTo(signal: AbortSignal): Waiting {
  const listeners = new Set<() => void>();
  const tell = () => {
    waiting.delete(signal);
    // One that another one makes forget is not called.
    for (const listener of [...listeners]) if (listeners.delete(listener)) listener();
  };
  const its = { listeners, tell };
  waiting.set(signal, its);
  signal.addEventListener('abort', tell, { once: true });
  return its;
}
