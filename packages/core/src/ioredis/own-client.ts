/**
 * The interface that redpost needs of a client of your own. `Redis` and `Cluster` have it, of ioredis 5 and 6
 * and of iovalkey: described by its methods, because each library has types of its own.
 */
export interface OwnClient {
  readonly options: object;
  readonly status: string;
  /** Sends one command, and resolves with bytes. */
  callBuffer(command: string, args: (string | Buffer | number)[]): Promise<unknown>;
  /** Connects, if it does so lazily. */
  connect(): Promise<unknown>;
  /** Another client with the same options. */
  duplicate(): object;
  /** Calls `listener` at every `event`. */
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  /** Removes the listener. */
  off(event: string, listener: (...args: unknown[]) => void): unknown;
  /** Commands that are sent together. */
  pipeline(): object;
}
