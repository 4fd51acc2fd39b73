import { inThisContext, outsideContext } from '../runtime/context.js';
import { clearInterval, setInterval } from '../runtime/timers.js';

interface Shared {
  readonly calls: Set<() => void>;
  readonly timer: NodeJS.Timeout;
}

const intervals = new Map<number, Shared>();

/**
 * Calls `call` every `everyMs`, in the same tick of the event loop as all others of the process with this interval, so that what
 * they send leaves together. The first call may come sooner. It does not keep the process alive.
 *
 * @param call must not throw.
 * @returns what ends it.
 */
export function everyTogether(everyMs: number, call: () => void): () => void {
  const shared = intervals.get(everyMs) ?? begin(everyMs);
  const inContext = inThisContext(call);
  shared.calls.add(inContext);
  return () => {
    if (!shared.calls.delete(inContext) || shared.calls.size > 0) return;
    clearInterval(shared.timer);
    intervals.delete(everyMs);
  };
}

function begin(everyMs: number): Shared {
  const calls = new Set<() => void>();
  const callAll = () => {
    for (const call of [...calls]) call();
  };
  const timer = outsideContext(() => setInterval(callAll, everyMs).unref());
  const shared = { calls, timer };
  intervals.set(everyMs, shared);
  return shared;
}
