/** The code of `worker.ts` with all its imports, as one text. The build inserts it. */
export const code: string = '';
