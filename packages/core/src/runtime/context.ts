import { AsyncLocalStorage, AsyncResource, executionAsyncId } from 'node:async_hooks';

type UpToTwoArguments = (first: never, second: never) => unknown;

/** The context in which redpost was loaded: in most programs, an empty one. */
const outside = new AsyncResource('redpost');

/**
 * Before Node 24, `enterWith` changes the context in which it is called for all later code in it: there,
 * `AsyncLocalStorage` is made of hooks, which `_enable` switches on. It is not tried out, because V8
 * optimizes the promises of a process less, for good, as soon as any storage was used.
 */
const isChangedByEntering = '_enable' in AsyncLocalStorage.prototype;

/** The symbol under which a resource has its id. */
const [id] = Object.getOwnPropertySymbols(outside) as [symbol];

/**
 * A function that runs in the context in which this was called: with the values that `AsyncLocalStorage`
 * holds there, e.g. a user or a trace. This is for functions of the caller's that are called later: otherwise
 * they would run in the context of the call that happened to open the socket.
 *
 * Most of them are called for each message. So it is not done by `AsyncLocalStorage.snapshot()`, which costs
 * several times as much, and there are no more than two arguments.
 */
export function inThisContext<Run extends UpToTwoArguments>(run: Run): Run {
  const inside = run as unknown as (first: unknown, second: unknown) => unknown;
  const here = isStorageUsed() ? new AsyncResource('redpost') : withoutValues();
  if (!isChangedByEntering) {
    const enter = (first: unknown, second: unknown) =>
      here.runInAsyncScope(inside, undefined, first, second);
    return enter as unknown as Run;
  }

  // A value that the function enters by `enterWith` stays in the resource that it ran in. So each call has a
  // resource of its own, made within the one before, unless no `AsyncLocalStorage` is in use.
  let context: AsyncResource | undefined;
  let runAndRenew: typeof inside | undefined;
  const enter = (first: unknown, second: unknown) => {
    if (!isAnyStorageUsed()) return unused.runInAsyncScope(inside, undefined, first, second);
    context ??= resourceWithin(here);
    runAndRenew ??= (first, second) => {
      context = new AsyncResource('redpost', here.asyncId());
      return inside(first, second);
    };
    return context.runInAsyncScope(runAndRenew, undefined, first, second);
  };
  return enter as unknown as Run;
}

/** Where functions run while no storage is in use. One may come into use there, and then nothing runs there any more. */
const unused = new AsyncResource('redpost');

let empty: AsyncResource | undefined;

/** The context of all functions that came while no storage was in use: then none has a value. Nothing runs there. */
function withoutValues(): AsyncResource {
  if (!isChangedByEntering) return new AsyncResource('redpost');
  empty ??= new AsyncResource('redpost');
  return empty;
}

/** A resource with the values of another one. */
function resourceWithin(resource: AsyncResource): AsyncResource {
  return resource.runInAsyncScope(create, undefined, resource.asyncId());
}

function create(trigger: number): AsyncResource {
  return new AsyncResource('redpost', trigger);
}

/**
 * Runs a function outside of the context of the caller. This is for things that outlive the call and serve
 * others too, e.g. a socket or a timer: they must neither pass the context on nor keep it in memory.
 */
export function outsideContext<Result>(run: () => Result): Result {
  return outside.runInAsyncScope(run);
}

let wasAnyStorageUsed = false;

/**
 * Only then promises have ids, where `AsyncLocalStorage` is made of hooks. Storages that were in use once count as used from
 * then on, because a promise costs as much as everything else here.
 */
function isStorageUsed(): boolean {
  wasAnyStorageUsed ||= id in new Promise(ignore);
  return wasAnyStorageUsed;
}

/** The same for each call: at no cost where the promise that goes on here has no id either. */
function isAnyStorageUsed(): boolean {
  return wasAnyStorageUsed || (executionAsyncId() !== 0 && isStorageUsed());
}

function ignore(): void {}
