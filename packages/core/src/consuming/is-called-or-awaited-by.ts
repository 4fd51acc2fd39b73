/** The names of two functions. No other functions have these names. */
export interface CallerNames {
  /** The function that calls. */
  calling: string;
  /** The async function that awaits the result of the call. */
  awaiting: string;
}

/**
 * True when the caller was called by the function of the first name, or is awaited by the function of the second name,
 * through any number of async functions. It reads the stack. An `AsyncLocalStorage` would know this, too, but before
 * Node 24 the first one that is used makes every promise of the process slower.
 *
 * It cannot see callers behind a callback of a timer or of an event, or behind async functions that were compiled to
 * something else, because the stack does not contain them.
 */
export function isCalledOrAwaitedBy({ calling, awaiting }: CallerNames): boolean {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = Number.POSITIVE_INFINITY;
    Error.prepareStackTrace = (_error, callSites) => callSites;
    const callSites = new Error().stack as unknown as NodeJS.CallSite[];
    return callSites.some(
      (site) => site.getFunctionName() === (isAsync(site) ? awaiting : calling),
    );
  } catch {
    // If `Error` is frozen, the stack cannot be read.
    return false;
  } finally {
    Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  }
}

/** True for a function that is on the stack because it awaits, and not because it runs. */
function isAsync(site: NodeJS.CallSite): boolean {
  return (site as NodeJS.CallSite & { isAsync(): boolean }).isAsync();
}
