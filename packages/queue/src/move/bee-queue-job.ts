import { type Codec, encodeBody } from '@redpost/core';
import { attemptJson, encodeEnvelope, placeJson } from '../message/envelope.js';
import type { Death } from '../scripts/add-dead.js';
import type { ImportedMessage } from '../scripts/import.js';
import { checkedMapped, type MappedJob } from './mapped-job.js';
import type { BeeQueueState } from './scripts/take-bee-queue-jobs.js';
import { messageId, type TakenJob } from './taken-job.js';

/** A job of bee-queue. */
export interface BeeQueueJob {
  readonly id: string;
  /** What was given to `queue.createJob()`, parsed. */
  readonly data: unknown;
  /** How often it was attempted: as often as bee-queue kept a stack of it. */
  readonly attemptsMade: number;
  /** When it was created. */
  readonly addedAt: Date;
  /** Where bee-queue had it. */
  readonly state: BeeQueueState;
}

/** Returns what a job of bee-queue becomes. It is called again for a job whose move was interrupted. */
export type MapBeeQueueJob = (job: BeeQueueJob) => MappedJob;

/** What says how a job becomes a message. */
export interface BeeQueueReading {
  /** What the keys of the queue begin with. */
  base: string;
  map: MapBeeQueueJob | undefined;
  codec: Codec;
}

/** What bee-queue keeps of a job, as far as it is carried over. */
interface StoredJob {
  data?: unknown;
  options?: { timestamp?: unknown; stacktraces?: unknown };
}

/**
 * A job as a message that can be imported. One that is not JSON becomes a dead letter with the bytes as they were.
 *
 * @throws InvalidArgumentError, and what `map` and the codec throw.
 */
export function messageOfBeeQueue(
  { entry, state, id, score, hash }: TakenJob<BeeQueueState>,
  { base, map, codec }: BeeQueueReading,
): ImportedMessage {
  const bytes = hash.get('job') ?? Buffer.from('{}');
  const idJson = JSON.stringify(messageId({ base }, id));
  const stored = parsed(bytes);
  if (stored === undefined) {
    const error = 'The job in bee-queue is not a JSON object';
    const element = Buffer.from(encodeEnvelope({ idJson, sentAt: 0, place: '' }, bytes));
    return { entry, dueAt: 0, element, death: { reason: 'malformed', error, stack: '' } };
  }
  const { data, options } = stored;
  const stacks = Array.isArray(options?.stacktraces) ? options.stacktraces.map(String) : [];
  const addedAt = Number(options?.timestamp) || 0;
  const attemptsMade = stacks.length;
  const mapped = checkedMapped(
    map?.({ id, data, attemptsMade, addedAt: new Date(addedAt), state }) ?? {},
    id,
  );
  const { headers, priority, key } = mapped;
  const body =
    'body' in mapped ? encodeBody(codec, mapped.body) : Buffer.from(JSON.stringify(data ?? null));
  const place = attemptJson(attemptsMade) + placeJson(key, priority);
  return {
    entry,
    dueAt: state === 'delayed' ? Number(score) : 0,
    element: Buffer.from(encodeEnvelope({ idJson, sentAt: addedAt, headers, place }, body)),
    // The newest one is the first.
    death: state === 'failed' ? deathOf(stacks[0] ?? '') : undefined,
  };
}

function parsed(bytes: Buffer): StoredJob | undefined {
  try {
    const stored = JSON.parse(String(bytes)) as StoredJob | null;
    return typeof stored === 'object' && stored !== null ? stored : undefined;
  } catch {
    return undefined;
  }
}

/** The longest stack of a dead letter, in characters. */
const longestStack = 2000;

/** bee-queue keeps the stack of an error, which begins with its name and its message. */
function deathOf(stack: string): Death {
  const [text = ''] = stack.split(/\n {4}at /, 1);
  const error = text === stack ? text : text.replace(/^[\w$.]*: /, '');
  return { reason: 'failed', error, stack: stack.slice(0, longestStack) };
}
