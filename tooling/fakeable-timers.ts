/**
 * What a test of code that waits puts in the place of core's timers, which are taken when they are loaded:
 * these are looked up with each call, so that fake ones reach that code.
 */
type Timers = Pick<
  typeof globalThis,
  'setTimeout' | 'clearTimeout' | 'setInterval' | 'clearInterval'
>;

export const fakeableTimers = {
  setTimeout: (...args: Parameters<Timers['setTimeout']>) => globalThis.setTimeout(...args),
  clearTimeout: (...args: Parameters<Timers['clearTimeout']>) => globalThis.clearTimeout(...args),
  setInterval: (...args: Parameters<Timers['setInterval']>) => globalThis.setInterval(...args),
  clearInterval: (...args: Parameters<Timers['clearInterval']>) =>
    globalThis.clearInterval(...args),
};
