import {
  InvalidArgumentError,
  type NamesOf,
  refuseUnknownOptions,
  shown,
  wholeNumber,
} from '@redpost/core';
import { checkKey } from '../message/key.js';

/** Send a message only if no earlier one with this key counts. */
export interface Once {
  /** A text of 1 to 256 bytes. It has nothing to do with the `key` of a message. */
  key: string;
  /**
   * How long a message counts, from its send on:
   *
   * - `'taken'`: until a consumer has taken it. What is sent from then on may be handled at the same time.
   * - `'done'`: until it is acknowledged, has become a dead letter, is found to have expired, or is deleted. Retries,
   *   crashes and delays change nothing.
   * - a number: for so many ms, at least 1, by the server's clock, whatever becomes of it.
   */
  until: 'taken' | 'done' | number;
}

/** Send only the first message of each window. */
export interface Throttle {
  /** A text of 1 to 256 bytes. It has nothing to do with the `key` of a message. */
  key: string;
  /** How long the window lasts, in ms, at least 1, by the server's clock. The first message opens it. */
  ms: number;
}

/** Send a message when no other one with this key has come for a while. */
export interface Debounce {
  /** A text of 1 to 256 bytes. It has nothing to do with the `key` of a message. */
  key: string;
  /** How long it has to be quiet, in ms, at least 1, by the server's clock. */
  ms: number;
  /** The message is delivered at the latest so long after the first one, in ms, at least `ms`. Default: 10 × `ms`. */
  maxMs?: number | undefined;
  /** Whose body, headers, priority and `key` the message has. Default `'last'`. Its id is that of the first one. */
  keep?: 'last' | 'first' | undefined;
}

/** What a message may be sent with so that it is not sent beside an earlier one; at most one of these. */
export interface ConditionOptions {
  /**
   * Sends it only if no earlier message with this key counts; else the send resolves to the id of the earlier one.
   * So a send whose answer was lost can be repeated without doubling the message, as long as the first one counts.
   */
  once?: Once | undefined;
  /** Sends only the first message of each window with this key; the other sends resolve to its id. */
  throttle?: Throttle | undefined;
  /**
   * Delivers one message when no other one with this key has come for `ms`, at the latest `maxMs` after the first.
   * All these sends resolve to the id of the first one. One that comes after it was delivered starts anew. Not together
   * with `delayMs`.
   */
  debounce?: Debounce | undefined;
}

/** On what it depends whether a message is sent. */
export interface Condition {
  word: 'taken' | 'done' | 'once' | 'throttle' | 'debounce';
  key: string;
  ms: number;
  maxMs: number;
  keep: 'last' | 'first';
}

/** True for one that stands in the header of the message. */
export function isInHeader(
  condition: Condition,
): condition is Condition & { word: 'taken' | 'done' } {
  return condition.word === 'taken' || condition.word === 'done';
}

const onceNames: NamesOf<Once> = { key: true, until: true };
const throttleNames: NamesOf<Throttle> = { key: true, ms: true };
const debounceNames: NamesOf<Debounce> = { key: true, ms: true, maxMs: true, keep: true };

/** A hundred years, so that sums of times stay exact. */
const longestMs = 100 * 365 * 86_400_000;

/**
 * Returns the condition that these options say, if any.
 *
 * @throws InvalidArgumentError for one that cannot work, and for several.
 */
export function conditionOf({ once, throttle, debounce }: ConditionOptions): Condition | undefined {
  const given =
    Number(once !== undefined) + Number(throttle !== undefined) + Number(debounce !== undefined);
  if (given === 0) return undefined;
  if (given > 1) throw several({ once, throttle, debounce });
  if (once !== undefined) return onceCondition(once);
  if (throttle !== undefined) return throttleCondition(throttle);
  return debounceCondition(debounce as Debounce);
}

function several(options: ConditionOptions): InvalidArgumentError {
  const named = Object.entries(options).filter(([, given]) => given !== undefined);
  const names = named.map(([name]) => name).join(' and ');
  return new InvalidArgumentError(
    `A message is sent with one of once, throttle and debounce, got ${names}`,
  );
}

/** Not by spreading an object with the defaults: this is called per message, and that costs more than all checks. */
function ofWord(word: Condition['word'], key: string, ms = 0): Condition {
  return { word, key, ms, maxMs: 0, keep: 'last' };
}

function onceCondition(once: Once): Condition {
  refuseUnknownOptions('once', once, onceNames);
  const { key, until } = once;
  checkKey(key, 'once.key');
  if (until === 'taken' || until === 'done') return ofWord(until, key);
  if (typeof until !== 'number') {
    throw new InvalidArgumentError(
      `once.until must be 'taken', 'done' or a number of ms, got ${shown(until)}`,
    );
  }
  return ofWord('once', key, checkedMs('once.until', until));
}

function throttleCondition(throttle: Throttle): Condition {
  refuseUnknownOptions('throttle', throttle, throttleNames);
  const { key } = throttle;
  checkKey(key, 'throttle.key');
  return ofWord('throttle', key, checkedMs('throttle.ms', throttle.ms));
}

function debounceCondition(debounce: Debounce): Condition {
  refuseUnknownOptions('debounce', debounce, debounceNames);
  const { key, keep = 'last' } = debounce;
  checkKey(key, 'debounce.key');
  const ms = checkedMs('debounce.ms', debounce.ms);
  const byDefault = Math.min(10 * ms, longestMs);
  const maxMs = checkedMs('debounce.maxMs', debounce.maxMs ?? byDefault, ms);
  if (keep === 'last' || keep === 'first') return { word: 'debounce', key, ms, maxMs, keep };
  throw new InvalidArgumentError(`debounce.keep must be 'last' or 'first', got ${shown(keep)}`);
}

function checkedMs(name: string, ms: number, min = 1): number {
  return wholeNumber(name, ms, { min, max: longestMs });
}
