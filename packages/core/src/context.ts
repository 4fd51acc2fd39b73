import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';

type UpToTwoArguments = (first: never, second: never) => unknown;

/**
 * A function that runs in the context in which this was called: what `AsyncLocalStorage` holds
 * there, e.g. a user or a trace. For functions of the caller's, which something else calls later:
 * without it they would run in the context of whoever happened to open the socket.
 *
 * Most of them are called for each message. So it is not done by `AsyncLocalStorage.snapshot()`, which
 * costs several times as much, and there are no more than two arguments.
 */
export function inThisContext<Run extends UpToTwoArguments>(run: Run): Run {
  let context = new AsyncResource('redpost');
  const trigger = context.asyncId();
  const runAndRenew = (first: never, second: never) => {
    // What the function enters by `enterWith` is forgotten with the resource that it ran in.
    context = new AsyncResource('redpost', trigger);
    return run(first, second);
  };
  const entered = (isChangedByEntering() ? runAndRenew : run) as (...both: unknown[]) => unknown;
  const runHere: UpToTwoArguments = (first, second) =>
    context.runInAsyncScope(entered, undefined, first, second);
  return runHere as Run;
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
