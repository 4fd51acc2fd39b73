import { type Connection, wholeNumber } from '@redpost/core';

/** Whether Redis answers, as `@nestjs/terminus` has it: the name of the check and its outcome. */
export type RedpostHealth<Key extends string = string> = Record<
  Key,
  { status: 'up'; roundTripMs: number } | { status: 'down'; message: string }
>;

/**
 * A health indicator for `@nestjs/terminus` 11 and newer, or for a controller of your own: whether Redis answers.
 *
 * ```ts
 * this.health.check([() => this.redpost.check('redis')]);
 * ```
 */
export class RedpostHealthIndicator {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Pings Redis. Never rejects because of Redis.
   *
   * @param key the name of the check in the answer.
   * @param options for how long the answer is waited for, in ms: default 1000.
   */
  async check<Key extends string>(
    key: Key,
    { timeoutMs = 1000 }: { timeoutMs?: number | undefined } = {},
  ): Promise<RedpostHealth<Key>> {
    wholeNumber('timeoutMs', timeoutMs, { min: 1 });
    const status = await this.#connection.ping({ timeoutMs }).then(
      (ms) => ({ status: 'up' as const, roundTripMs: Math.round(ms) }),
      (error: Error) => ({ status: 'down' as const, message: error.message }),
    );
    return { [key]: status } as RedpostHealth<Key>;
  }
}
