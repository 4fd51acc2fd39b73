import {
  longestTimerMs,
  type NamesOf,
  refuseUnknownOptions,
  TimeoutError,
  wholeNumber,
} from '@redpost/core';
import { newId } from '../sending/message-id.js';
import { type SendOptions, optionNames as sendOptionNames } from '../sending/send-options.js';
import type { AllResults } from './all-results.js';

/** How a request is sent, and how long its answer is waited for. */
export interface RequestOptions extends Omit<SendOptions, 'timeoutMs' | 'bare'> {
  /**
   * How long to wait for the answer, in ms. Default 10 000. It is also the default of `ttlMs` and `keepResultMs`: a
   * request is not handled any more when nobody waits for it.
   */
  timeoutMs?: number | undefined;
  /** Ends the wait. The message stays: `cancel()` ends it, too. */
  signal?: AbortSignal | undefined;
}

const { bare: _, ...sendNames } = sendOptionNames;
const optionNames: NamesOf<RequestOptions> = { ...sendNames, timeoutMs: true, signal: true };

/** Sends a message, and waits for what its handler returns. */
export async function request<Input, Value>(
  all: AllResults,
  send: (body: Input, options: SendOptions) => Promise<string>,
  body: Input,
  options: RequestOptions,
): Promise<Value> {
  refuseUnknownOptions('request(body, options)', options, optionNames);
  const { timeoutMs = 10_000, signal, id = newId(), ...given } = options;
  wholeNumber('timeoutMs', timeoutMs, { min: 1, max: longestTimerMs });
  signal?.throwIfAborted();
  const { ttlMs = timeoutMs, keepResultMs = timeoutMs, ...others } = given;
  const sendOptions = { id, ttlMs, keepResultMs, ...others };
  const results = await all.of(options.key ?? conditionKeyOf(options) ?? id);
  signal?.throwIfAborted();
  const waiting = results.wait(id, timeoutMs, signal);
  // The wait may end before the send.
  waiting.answered.catch(() => {});
  let sent = id;
  try {
    sent = await send(body, sendOptions);
  } catch (error) {
    waiting.giveUp();
    throw error;
  }
  // It was not sent because of an earlier one, whose result is the answer.
  if (sent !== id) waiting.giveUp();
  const { answered } = sent === id ? waiting : results.wait(sent, timeoutMs, signal);
  const fields = await answered;
  if (!fields) {
    throw new TimeoutError(
      `The request ${sent} to the queue ${JSON.stringify(results.queue)} had no answer within ${timeoutMs} ms`,
      { outcome: 'unknown' },
    );
  }
  const { value, error } = results.resultOf<Value>(sent, fields);
  if (error) throw error;
  return value as Value;
}

function conditionKeyOf({ once, throttle, debounce }: RequestOptions): string | undefined {
  return (once ?? throttle ?? debounce)?.key;
}
