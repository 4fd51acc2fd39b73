import type { Unlisten } from './emitter.js';

/** The waiting listeners of each signal. */
const waiting = new WeakMap<AbortSignal, Waiting>();

interface Waiting {
  readonly listeners: Set<() => void>;
  readonly tell: () => void;
}

/**
 * Calls `listener` when the signal is aborted; returns a function that removes it. All listeners of a signal
 * share one listener of the signal itself: Node takes more than ten for a leak, and warns.
 *
 * If the signal is already aborted, `listener` is not called.
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
    // A listener that another one has removed is not called.
    for (const listener of [...listeners]) if (listeners.delete(listener)) listener();
  };
  const its = { listeners, tell };
  waiting.set(signal, its);
  signal.addEventListener('abort', tell, { once: true });
  return its;
}
