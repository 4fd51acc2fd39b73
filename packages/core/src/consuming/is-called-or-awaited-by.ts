/** The names of two functions that nothing else is called by. */
export interface CallerNames {
  /** What calls. */
  calling: string;
  /** An async function that awaits what the call returned. */
  awaiting: string;
}

/**
 * True when what runs now was called by the function of the first name, or is awaited by the one of
 * the second, through any number of async functions. It reads the stack: an `AsyncLocalStorage` would
 * know too, but before Node 24 the first one that is used makes every promise of the process slower.
 *
 * Not seen through what is no `await`: a callback of a timer or an event, or async functions that
 * were compiled to something else.
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
    // Where `Error` is frozen nothing can be seen.
    return false;
  } finally {
    Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  }
}

/** False for a function that is on the stack because it runs, not because it waits. */
function isAsync(site: NodeJS.CallSite): boolean {
  return (site as NodeJS.CallSite & { isAsync(): boolean }).isAsync();
}
