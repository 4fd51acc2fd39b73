/** Ends the process: what goes wrong in the background of a subject must not pass unseen. */
export function crash(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}
