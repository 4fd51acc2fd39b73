import { types } from 'node:util';
import {
  InvalidArgumentError,
  type NamesOf,
  refuseUnknownOptions,
  shown,
  wholeNumber,
} from '@redpost/core';
import { checkTimeoutMs } from '../consuming/attempt-timeout.js';
import { checkHeaders, type Headers, isPriority, mostAttempts } from '../message/envelope.js';
import { checkKey } from '../message/key.js';
import { type Condition, type ConditionOptions, conditionOf } from './condition.js';

/** What a message is sent with. */
export interface SendOptions extends ConditionOptions {
  /** The message's id: 1 to 512 characters. Default: a new one. Equal ids are not detected. */
  id?: string | undefined;
  /** Small texts that travel with the message. */
  headers?: Headers | undefined;
  /**
   * Higher is sooner: a whole number from 0 to 9. Default 4, which is also the priority of what any client pushes onto
   * the list. All messages of a higher priority are taken before those of a lower one, so low ones can starve, unless
   * the limit `agingMs` is set. Not together with `key`.
   */
  priority?: number | undefined;
  /**
   * What the message is about: a text of 1 to 256 bytes. Messages of one key are handled one at a time and in the
   * order of their sends, and keys share the handlers' time. One that fails keeps its place, unless the consumer has
   * `onFailure: 'pass'`. Default: none; messages without a key share time as one more key. Not with `priority`.
   */
  key?: string | undefined;
  /** Deliver it no sooner than this, in ms, by the server's clock. Default 0. */
  delayMs?: number | undefined;
  /**
   * Deliver it no sooner than at this time, by the server's clock: at most 100 years ahead. A time that has passed means
   * at once. Not together with `delayMs`.
   */
  at?: Date | undefined;
  /** Deletes the message if it was not delivered this long after it was due, in ms. Default: never. */
  ttlMs?: number | undefined;
  /**
   * For how long a handler may have the message at each attempt, in ms. Then its signal is aborted, and the attempt has
   * failed. Default: what the consumer says, see `ConsumeOptions.timeoutMs`.
   */
  timeoutMs?: number | undefined;
  /**
   * For how long the result of the message is kept when it is through, in ms: what its handler has returned, or how it
   * has ended. See `Queue.result()`. Default: no result is kept, and nothing is spent on it.
   */
  keepResultMs?: number | undefined;
  /**
   * How often it was attempted where it comes from: a whole number from 0 to 999 999 999. Its first attempt here is the next
   * one, so `maxAttempts` and backoffs go on from there. However many it had, it is attempted once more before it becomes a
   * dead letter. Default 0.
   */
  attempt?: number | undefined;
  /**
   * Write only the encoded body, so that any client's `RPOP` reads it. Such a message has no id
   * until it is delivered, and can have no headers, priority, key, delay, time to live, timeout, result or attempts, and is not sent with
   * `once`, `throttle` or `debounce`. Default false.
   */
  bare?: boolean | undefined;
  /**
   * Resolve only when this many replicas have it, at least 0. Such messages go by a connection of
   * their own: their order among those that ask for another number is not kept. Default: the queue's.
   */
  replicas?: number | undefined;
}

/** The names of all options of `send`. */
export const optionNames: NamesOf<SendOptions> = {
  id: true,
  headers: true,
  priority: true,
  key: true,
  delayMs: true,
  at: true,
  ttlMs: true,
  timeoutMs: true,
  keepResultMs: true,
  attempt: true,
  once: true,
  throttle: true,
  debounce: true,
  bare: true,
  replicas: true,
};

const longestId = 512;
/** A hundred years, so that sums of times stay exact. */
export const longestMs = 100 * 365 * 86_400_000;

/** For those who know queues whose jobs have a name and data. */
const oneBody = 'A message has one body and no name: use send({ name, ...data }, options)';

/**
 * Returns on what it depends whether the message is sent, if it does on anything.
 *
 * @throws InvalidArgumentError for an option that cannot work.
 */
export function checkSendOptions(options: SendOptions): Condition | undefined {
  refuseUnknownOptions('send(body, options)', options, optionNames, oneBody);
  const { id, headers, priority, key, delayMs = 0, at, ttlMs, bare, replicas = 0 } = options;
  const { timeoutMs, keepResultMs, attempt } = options;
  if (id !== undefined && (typeof id !== 'string' || id === '' || id.length > longestId)) {
    throw new InvalidArgumentError(`id must be a string of 1 to ${longestId} characters`);
  }
  if (headers !== undefined) checkHeaders(headers);
  if (priority !== undefined && !isPriority(priority)) {
    throw new InvalidArgumentError(
      `priority is a whole number from 0 to 9, got ${shown(priority)}`,
    );
  }
  if (key !== undefined) checkKey(key);
  if (key !== undefined && priority !== undefined) {
    throw new InvalidArgumentError(
      'A message has a key or a priority, not both: the messages of a key keep their order',
    );
  }
  wholeNumber('replicas', replicas, { min: 0 });
  wholeNumber('delayMs', delayMs, { min: 0, max: longestMs });
  if (at !== undefined) checkAt(at, options.delayMs);
  if (ttlMs !== undefined) wholeNumber('ttlMs', ttlMs, { min: 1, max: longestMs });
  if (timeoutMs !== undefined) checkTimeoutMs(timeoutMs);
  if (keepResultMs !== undefined) {
    wholeNumber('keepResultMs', keepResultMs, { min: 1, max: longestMs });
  }
  if (attempt !== undefined) wholeNumber('attempt', attempt, { min: 0, max: mostAttempts });
  const condition = conditionOf(options);
  if (condition?.word === 'debounce' && (delayMs > 0 || at !== undefined)) {
    const given = at === undefined ? `delayMs, got ${shown(delayMs)}` : `at, got ${shown(at)}`;
    throw new InvalidArgumentError(
      `A message with debounce cannot have ${given}: debounce.ms is its delay`,
    );
  }
  if (!bare) return condition;
  const impossible = Object.entries({
    id,
    headers,
    priority,
    key,
    delayMs: delayMs || undefined,
    at,
    ttlMs,
    timeoutMs,
    keepResultMs,
    attempt: attempt || undefined,
    once: options.once,
    throttle: options.throttle,
    debounce: options.debounce,
  });
  for (const [name, value] of impossible) {
    if (value === undefined) continue;
    throw new InvalidArgumentError(`A bare message cannot have ${name}, got ${shown(value)}`);
  }
  return condition;
}

function checkAt(at: unknown, delayMs: number | undefined): void {
  const ms = types.isDate(at) ? at.getTime() : Number.NaN;
  if (Number.isNaN(ms)) throw new InvalidArgumentError(`at is a valid Date, got ${shown(at)}`);
  if (ms > Date.now() + longestMs) {
    throw new InvalidArgumentError(`at is at most 100 years ahead, got ${shown(at)}`);
  }
  if (delayMs !== undefined) {
    throw new InvalidArgumentError('at and delayMs exclude each other: both say when it is due');
  }
}
