import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';

type Function<Arguments extends readonly unknown[], Result> = (...args: Arguments) => Result;

/**
 * A function that runs in the context in which this was called: what `AsyncLocalStorage` holds
 * there, e.g. a user or a trace. For functions of the caller's, which something else calls later:
 * without it they would run in the context of whoever happened to open the socket.
 */
export function inThisContext<Arguments extends readonly unknown[], Result>(
  run: Function<Arguments, Result>,
): Function<Arguments, Result> {
  // Not by `AsyncLocalStorage.snapshot()`, which costs several times as much at each call.
  let context = new AsyncResource('redpost');
  const runAndRenew: typeof run = (...args) => {
    // What the function enters by `enterWith` is forgotten with the resource that it ran in.
    context = new AsyncResource('redpost');
    return run(...args);
  };
  const entered = isChangedByEntering() ? runAndRenew : run;
  return (...args) => context.runInAsyncScope(entered, undefined, ...args);
}

/** The context in which redpost was loaded: in most programs, an empty one. */
const outside = new AsyncResource('redpost');

/**
 * Runs a function outside of the context of the caller. For what outlives the call and serves
 * others too, e.g. a socket or a timer: it must neither pass the context on nor keep it in memory.
 */
export function outsideContext<Result>(run: () => Result): Result {
  return outside.runInAsyncScope(run);
}

let isChanged: boolean | undefined;

/** Before Node 24, `enterWith` changes the context it is called in for all that run there later. */
function isChangedByEntering(): boolean {
  if (isChanged !== undefined) return isChanged;
  const storage = new AsyncLocalStorage<true>();
  const context = new AsyncResource('redpost');
  context.runInAsyncScope(() => storage.enterWith(true));
  isChanged = context.runInAsyncScope(() => storage.getStore()) === true;
  storage.disable();
  return isChanged;
}
