import { inflateSync } from 'node:zlib';
import { type Connection, DecodeError, TimeoutError } from '@redpost/core';
import { performance } from '@redpost/core/consuming';
import { RqJobError } from './errors.js';
import { resultsKey } from './rq-keys.js';
import { pairs } from './scripts.js';

/** What RQ notes in the results of a job. Source: rq/results.py. */
const success = '1';
const retried = '4';
const stopped = '3';

type Entry = ReadonlyMap<string, Buffer>;

/**
 * Waits for the result of a job: the last one that is there, or the next one.
 *
 * @throws RqJobError when the job has failed or was stopped.
 * @throws TimeoutError when it is not there in time.
 * @throws DecodeError when it is not in JSON.
 */
export async function awaitResult(
  connection: Connection,
  id: string,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const until = performance.now() + timeoutMs;
  let after = '0-0';
  for (;;) {
    signal?.throwIfAborted();
    const leftMs = Math.ceil(until - performance.now());
    if (leftMs <= 0) throw timedOut(id, timeoutMs);
    const reply = await connection.block(
      (ms) => ['XREAD', 'BLOCK', ms, 'STREAMS', resultsKey(id), after],
      { timeoutMs: leftMs, signal },
    );
    const last = lastEntry(reply);
    if (!last) continue;
    after = last.id;
    if (String(last.entry.get('type')) !== retried) return outcomeOf(id, last.entry);
  }
}

/** In RESP2, a stream and its entries are a pair; in RESP3, all are in one flat array. */
function lastEntry(reply: unknown): { id: string; entry: Entry } | undefined {
  const [first, second] = (reply ?? []) as unknown[];
  const entries = Array.isArray(first) ? first[1] : second;
  const last = (entries as [Buffer, Buffer[]][] | undefined)?.at(-1);
  if (!last) return undefined;
  const [id, fields] = last;
  return { id: String(id), entry: pairs(fields) };
}

function outcomeOf(jobId: string, entry: Entry): unknown {
  const type = String(entry.get('type'));
  if (type === success) return returnValue(entry.get('return_value'));
  const traceback = textOf(entry.get('exc_string'));
  const why = traceback?.trimEnd().split('\n').at(-1) ?? 'it says no more';
  const status = type === stopped ? 'stopped' : 'failed';
  const remoteName = /^([\w.]+)(?::|$)/.exec(why)?.[1] ?? 'Exception';
  throw new RqJobError(
    `The job ${jobId} ${status === 'stopped' ? 'was stopped' : 'has failed'}: ${why}`,
    { jobId, status, remoteName, traceback },
  );
}

/** None of Python is not stored. */
function returnValue(value: Buffer | undefined): unknown {
  if (!value) return null;
  const bytes = Buffer.from(value.toString(), 'base64');
  try {
    return JSON.parse(bytes.toString());
  } catch (cause) {
    const why = "The result is no JSON: RQ needs serializer='json', at both ends";
    throw new DecodeError(why, { bytes, cause });
  }
}

function textOf(value: Buffer | undefined): string | undefined {
  if (!value) return undefined;
  try {
    return inflateSync(Buffer.from(value.toString(), 'base64')).toString();
  } catch {
    return undefined;
  }
}

function timedOut(id: string, timeoutMs: number): TimeoutError {
  return new TimeoutError(
    `The job ${id} has no result after ${timeoutMs} ms. It may still run, wait, or store none (keepResultMs: 0)`,
    { outcome: 'unknown' },
  );
}
