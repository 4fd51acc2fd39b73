import type { MoveKeys } from './move-keys.js';

/** A job that was taken, as it is in Redis. */
export interface TakenJob<State extends string> {
  entry: string;
  state: State;
  id: string;
  /** In the sorted set that it was in; empty for other states. */
  score: string;
  hash: ReadonlyMap<string, Buffer>;
}

/** The longest id of a message, in characters. */
const longestId = 512;

/** The id of the message that a job becomes. Of the same job the same one: what names the job in Redis. */
export function messageId({ base }: Pick<MoveKeys, 'base'>, id: string): string {
  return `${base}${id}`.slice(0, longestId);
}
