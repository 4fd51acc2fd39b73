/** What `worker.ts` is with all that it imports, as one text. The build puts it here. */
export const code: string = '';
