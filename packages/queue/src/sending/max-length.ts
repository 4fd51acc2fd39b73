import {
  InvalidArgumentError,
  type NamesOf,
  refuseUnknownOptions,
  shown,
  wholeNumber,
} from '@redpost/core';

/** How long a queue may become by the sends of one `Queue` object. */
export interface MaxLength {
  /**
   * How many messages may wait in Redis, at least 1: pending and delayed ones together. Messages that a consumer
   * holds and dead letters do not count.
   */
  count: number;
  /**
   * What a send does when so many wait already. Default `'reject'`.
   *
   * - `'reject'`: it rejects with `QueueFullError`.
   * - `'drop-oldest'`: it deletes the oldest message of the list, which no consumer has had. Delayed and returned
   *   messages are not deleted: when only such messages wait, the send rejects with `QueueFullError`.
   * - `'wait'`: it waits for room, and rejects with `QueueFullError` at its deadline (`sendTimeoutMs`).
   */
  whenFull?: WhenFull | undefined;
}

export type WhenFull = 'reject' | 'drop-oldest' | 'wait';

/** A `MaxLength` with its default. */
export type Bound = Required<MaxLength> & { whenFull: WhenFull };

const optionNames: NamesOf<MaxLength> = { count: true, whenFull: true };
const choices: readonly WhenFull[] = ['reject', 'drop-oldest', 'wait'];

/** @throws InvalidArgumentError for a bound that cannot work. */
export function checkedMaxLength(maxLength: MaxLength): Bound {
  refuseUnknownOptions('maxLength', maxLength, optionNames);
  const { whenFull = 'reject' } = maxLength;
  const count = wholeNumber('maxLength.count', maxLength.count, { min: 1 });
  if (choices.includes(whenFull)) return { count, whenFull };
  const names = choices.map((choice) => JSON.stringify(choice)).join(', ');
  throw new InvalidArgumentError(
    `maxLength.whenFull must be one of ${names}, got ${shown(whenFull)}`,
  );
}
