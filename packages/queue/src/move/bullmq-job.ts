import { type Codec, encodeBody, InvalidArgumentError, shown } from '@redpost/core';
import {
  attemptJson,
  checkHeaders,
  encodeEnvelope,
  type Headers,
  isPriority,
  placeJson,
} from '../message/envelope.js';
import { checkKey } from '../message/key.js';
import type { ImportedMessage } from '../scripts/import.js';
import type { MovedState } from './scripts/take-jobs.js';

/** A job of BullMQ, or what a job scheduler makes jobs of. */
export interface BullMQJob {
  /** The id of the job, or of the scheduler. */
  readonly id: string;
  readonly name: string;
  /** What was given to `queue.add()`, parsed. */
  readonly data: unknown;
  /** 1 to 2,097,152, lower is sooner; 0 for none, which is before all others. */
  readonly priority: number;
  /** How often it was attempted. */
  readonly attemptsMade: number;
  /** When it was added; undefined for a scheduler. */
  readonly addedAt: Date | undefined;
  /** Where BullMQ had it. */
  readonly state: MovedState | 'scheduler';
}

/** What a job becomes. What is missing is as without `map`. */
export interface MappedJob {
  /** The body of the message. Default: the data of the job. */
  body?: unknown;
  /** Default: `bullmq-name`, the name of the job, and where it is a dead letter, `bullmq-failed-at`. */
  headers?: Headers | undefined;
  /** Default: 4 for jobs without a priority; 3, 2, 1 for those of priority 1, 2, 3; and 0 for all others. */
  priority?: number | undefined;
  /** The key of the message. Not together with `priority`. Default: none. */
  key?: string | undefined;
}

/** Returns what a job becomes. It is called again for a job whose move was interrupted. */
export type MapJob = (job: BullMQJob) => MappedJob;

/** A job that was taken, as it is in Redis. */
export interface TakenJob {
  entry: string;
  state: MovedState;
  id: string;
  score: string;
  hash: ReadonlyMap<string, Buffer>;
}

/** What says how a job becomes a message. */
export interface JobReading {
  /** What the keys of jobs begin with. */
  base: string;
  map: MapJob | undefined;
  codec: Codec;
}

/** The longest id of a message, in characters. */
const longestId = 512;

/** Lower is sooner there, and higher here. Jobs are moved in their order, so it decides only beside later messages. */
export function defaultPriority(priority: number): number | undefined {
  return priority === 0 ? undefined : Math.max(0, 4 - priority);
}

/**
 * A job as a message that can be imported.
 *
 * @throws InvalidArgumentError, and what `map` and the codec throw.
 */
export function messageOf(taken: TakenJob, { base, map, codec }: JobReading): ImportedMessage {
  const { entry, state, id, score, hash } = taken;
  const text = (field: string) => String(hash.get(field) ?? '');
  const number = (...fields: string[]) => {
    const found = fields.find((field) => hash.has(field));
    return found === undefined ? 0 : Number(text(found)) || 0;
  };
  const [name, addedAt] = [text('name'), number('timestamp')];
  const [priority, attempt] = [number('priority'), number('atm', 'attemptsMade')];
  const data = hash.get('data') ?? Buffer.from('{}');
  const job = () => {
    const parsed = JSON.parse(String(data)) as unknown;
    return {
      id,
      name,
      data: parsed,
      priority,
      attemptsMade: attempt,
      addedAt: new Date(addedAt),
      state,
    };
  };
  const mapped = checkedMapped(map?.(job()) ?? {}, id);
  const failedAt = state === 'failed' ? new Date(number('finishedOn')).toISOString() : undefined;
  const element = encodeEnvelope(
    {
      idJson: JSON.stringify(messageId(base, id)),
      sentAt: addedAt,
      headers: mapped.headers ?? {
        'bullmq-name': name,
        ...(failedAt === undefined ? {} : { 'bullmq-failed-at': failedAt }),
      },
      place: attemptJson(attempt) + placeOf(mapped, priority),
    },
    'body' in mapped ? encodeBody(codec, mapped.body) : data,
  );
  return {
    entry,
    dueAt: state === 'delayed' ? Math.floor(Number(score) / 4096) : 0,
    element: Buffer.from(element),
    death:
      state === 'failed'
        ? { reason: 'failed', error: text('failedReason'), stack: stackOf(text('stacktrace')) }
        : undefined,
  };
}

/** Of the same job the same one: the key of the job in Redis. */
export function messageId(base: string, id: string): string {
  return `${base}${id}`.slice(0, longestId);
}

function placeOf({ key, priority }: MappedJob, given: number): string {
  return placeJson(key, key === undefined ? (priority ?? defaultPriority(given)) : undefined);
}

/** @throws InvalidArgumentError for what cannot be a message. */
export function checkedMapped(mapped: MappedJob, id: string): MappedJob {
  if (typeof mapped !== 'object' || mapped === null) {
    throw new InvalidArgumentError(
      `map returns an object, got ${shown(mapped)} for the job ${shown(id)}`,
    );
  }
  const { headers, priority, key } = mapped;
  if (headers !== undefined) checkHeaders(headers);
  if (key !== undefined) checkKey(key);
  if (priority !== undefined && (!isPriority(priority) || key !== undefined)) {
    throw new InvalidArgumentError(
      `map returns a priority from 0 to 9, and none together with a key, got ${shown(priority)} for the job ${shown(id)}`,
    );
  }
  return mapped;
}

/** The longest stack of a dead letter, in characters. */
const longestStack = 2000;

/** Of the last attempt. BullMQ keeps a list. */
function stackOf(stacktrace: string): string {
  try {
    const traces = JSON.parse(stacktrace) as unknown;
    return Array.isArray(traces) ? String(traces.at(-1) ?? '').slice(0, longestStack) : '';
  } catch {
    return '';
  }
}
