import { type Codec, encodeBody } from '@redpost/core';
import { attemptJson, encodeEnvelope, placeJson } from '../message/envelope.js';
import type { ImportedMessage } from '../scripts/import.js';
import { checkedMapped, type MappedJob } from './mapped-job.js';
import type { MovedState } from './scripts/take-jobs.js';
import { messageId, type TakenJob } from './taken-job.js';

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

/** Returns what a job becomes. It is called again for a job whose move was interrupted. */
export type MapJob = (job: BullMQJob) => MappedJob;

/** What says how a job becomes a message. */
export interface JobReading {
  /** What the keys of jobs begin with. */
  base: string;
  map: MapJob | undefined;
  codec: Codec;
}

/** Lower is sooner there, and higher here. Jobs are moved in their order, so it decides only beside later messages. */
export function defaultPriority(priority: number): number | undefined {
  return priority === 0 ? undefined : Math.max(0, 4 - priority);
}

/**
 * A job as a message that can be imported.
 *
 * @throws InvalidArgumentError, and what `map` and the codec throw.
 */
export function messageOf(
  taken: TakenJob<MovedState>,
  { base, map, codec }: JobReading,
): ImportedMessage {
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
      idJson: JSON.stringify(messageId({ base }, id)),
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

function placeOf({ key, priority }: MappedJob, given: number): string {
  return placeJson(key, key === undefined ? (priority ?? defaultPriority(given)) : undefined);
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
