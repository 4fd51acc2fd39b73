import { types } from 'node:util';
import { InvalidArgumentError, type NamesOf, refuseUnknownOptions, shown } from '@redpost/core';
import { fingerprint } from '@redpost/core/consuming';
import { decodeEnvelope } from '../../message/envelope.js';
import type { SurveyedLetter } from '../../scripts/survey-dead.js';
import type { DeadLetter } from './dead-letter.js';

/** Which dead letters are meant: those to which all of these apply. */
export interface DeadLetterFilter {
  /** The reason, exactly. */
  reason?: string | undefined;
  /** A text that the error contains, or an expression that matches it. */
  error?: string | RegExp | undefined;
  /** The fingerprint of the error, as `groups()` tells it. */
  fingerprint?: string | undefined;
  /** The key of the message. */
  key?: string | undefined;
  /** The id of the message. */
  id?: string | undefined;
  /** Died at this time or later, by the server's clock. */
  since?: Date | undefined;
  /** Died at this time or earlier. */
  until?: Date | undefined;
}

/** A filter, or a function that says whether a dead letter is meant. The function is given the whole letter: it costs more. */
export type DeadLetterSelection<Body> =
  | DeadLetterFilter
  | ((letter: DeadLetter<Body>) => boolean | Promise<boolean>);

const filterNames: NamesOf<DeadLetterFilter> = {
  reason: true,
  error: true,
  fingerprint: true,
  key: true,
  id: true,
  since: true,
  until: true,
};

/** @throws InvalidArgumentError for a selection that cannot work. */
export function checkSelection<Body>(selection: DeadLetterSelection<Body>): void {
  if (typeof selection !== 'function') checkFilter(selection);
}

/** @throws InvalidArgumentError for a filter that cannot work. */
export function checkFilter(filter: DeadLetterFilter): void {
  if (typeof filter !== 'object' || filter === null) {
    throw new InvalidArgumentError(`A filter is an object or a function, got ${shown(filter)}`);
  }
  refuseUnknownOptions('A filter of dead letters', filter, filterNames);
  const { error, since, until, ...texts } = filter;
  for (const [name, value] of Object.entries(texts)) {
    if (value !== undefined && typeof value !== 'string') {
      throw new InvalidArgumentError(`filter.${name} is a text, got ${shown(value)}`);
    }
  }
  if (error !== undefined && typeof error !== 'string' && !types.isRegExp(error)) {
    throw new InvalidArgumentError(`filter.error is a text or a RegExp, got ${shown(error)}`);
  }
  for (const [name, value] of Object.entries({ since, until })) {
    if (value !== undefined && !isTime(value)) {
      throw new InvalidArgumentError(`filter.${name} is a valid Date, got ${shown(value)}`);
    }
  }
}

function isTime(value: unknown): boolean {
  return types.isDate(value) && !Number.isNaN(value.getTime());
}

/** The first and the last entry that may be meant. Both ends are included. */
export function boundsOfFilter({ since, until }: DeadLetterFilter): { from: string; to: string } {
  return {
    from: since ? String(Math.max(0, since.getTime())) : '-',
    // Without the second half of the id, it is the last one of that millisecond.
    to: until ? String(Math.max(0, until.getTime())) : '+',
  };
}

/** Whether the filter means this dead letter, which is within its times. */
export function isMeant(filter: DeadLetterFilter, letter: SurveyedLetter): boolean {
  const { reason, error, fingerprint: print, key, id } = filter;
  if (reason !== undefined && letter.reason !== reason) return false;
  if (typeof error === 'string' && !letter.error.includes(error)) return false;
  if (types.isRegExp(error) && letter.error.search(error) < 0) return false;
  if (print !== undefined && fingerprint(letter.error) !== print) return false;
  if (key === undefined && id === undefined) return true;
  const named = namesIn(letter);
  return (key === undefined || named.key === key) && (id === undefined || named.id === id);
}

/** The id and the key of a message, as far as its header can be read. */
export function namesIn({ header }: SurveyedLetter): {
  id: string | undefined;
  key: string | undefined;
} {
  try {
    const { id, key } = decodeEnvelope(header, '');
    return { id: id || undefined, key };
  } catch {
    return { id: undefined, key: undefined };
  }
}
