/**
 * What redpost needs of a client of your own. `Redis` and `Cluster` have it, of ioredis 5 and 6 and of
 * iovalkey: described by its methods, because each library has types of its own.
 */
export interface OwnClient {
  readonly options: object;
  readonly status: string;
  callBuffer(command: string, args: (string | Buffer | number)[]): Promise<unknown>;
  connect(): Promise<unknown>;
  duplicate(): object;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  off(event: string, listener: (...args: unknown[]) => void): unknown;
  pipeline(): object;
}
