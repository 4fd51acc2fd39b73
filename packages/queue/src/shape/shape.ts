import type { Complete } from '@redpost/core';
import { type Division, divisionFields, divisionOf } from '../partitions/division.js';
import { type HistoryOptions, historyFields, historyOf } from '../recording/history-options.js';
import { boundsFields, boundsOf, type DeadLetterBounds } from './dead-letter-bounds.js';
import { limitsIn, type QueueLimits } from './limits.js';

/** Why a queue or one of its consumers is paused, since when, and for how long. */
export interface Paused {
  /** By the server's clock. */
  readonly since: Date;
  /** What was given to `pause()` or `pauseConsumer()`. */
  readonly reason: string | undefined;
  /** When it ends by itself, by the server's clock; undefined when only `resume()` or `resumeConsumer()` ends it. */
  readonly until: Date | undefined;
}

/** The pause that a consumer complies with: that of its queue, or its own. */
export interface PauseInForce extends Paused {
  /** The consumer that is paused, while others go on; undefined where the queue is. */
  readonly consumer: string | undefined;
}

/** What a queue has declared, for all its consumers. */
export interface Shape {
  /** Another one after each change; '' for a plain queue, which has declared nothing. */
  readonly version: string;
  readonly paused: Paused | undefined;
  /** The consumers that are paused, by their names. */
  readonly pausedConsumers: ReadonlyMap<string, Paused>;
  /** Until when nothing starts because a handler has asked for that, by the server's clock. */
  readonly limitedUntil: Date | undefined;
  /** Messages have priorities. */
  readonly hasLevels: boolean;
  /** Messages have keys. */
  readonly hasKeys: boolean;
  /** Some keys are paused. */
  readonly hasPausedKeys: boolean;
  /** Flows that were cancelled while members of them were in this queue, as headers name them. */
  readonly cancelledFlows: ReadonlySet<string>;
  /** The bounds of the dead letters; `Infinity` for no bound. */
  readonly deadLetters: Complete<DeadLetterBounds>;
  readonly limits: QueueLimits;
  /** Whether it is divided into partitions: only the list of the queue's name tells that. */
  readonly division: Division;
  /** Undefined where settled messages are not recorded. */
  readonly history: Complete<HistoryOptions> | undefined;
  /**
   * Whether consumers take messages ahead of their handlers: where the queue is limited, only as far as the limits leave
   * room.
   */
  readonly leasesAhead: boolean | 'in-room';
  /**
   * Whether consumers wait for the list without taking anything from it: a blocking move into their handoff would take
   * what the gate has not let through.
   */
  readonly waitsByBell: boolean;
}

/** The fields of the hash that say that a queue is paused. */
export const pauseFields = ['paused', 'paused_reason', 'paused_until'] as const;

/** The shape of a queue that has declared nothing. */
export const plain: Shape = readShape([]);

/** @param hash fields and values in turns, as HGETALL has them. */
export function shapeOf(hash: readonly Buffer[]): Shape {
  return hash.length === 0 ? plain : readShape(hash);
}

function readShape(hash: readonly Buffer[]): Shape {
  const fields = new Map<string, string>();
  for (let at = 0; at < hash.length; at += 2) fields.set(String(hash[at]), String(hash[at + 1]));
  const limits = limitsIn(fields);
  const limitedUntil = fields.get('limited_until');
  const isLimited = limits.concurrency !== undefined || limits.rate !== undefined;
  const limitsKeys = limits.keyRate !== undefined;
  return {
    version: fields.get('version') ?? '',
    paused: pausedIn(fields),
    pausedConsumers: pausedConsumersIn(fields),
    limitedUntil: limitedUntil === undefined ? undefined : new Date(Number(limitedUntil)),
    hasLevels: fields.has('levels'),
    hasKeys: fields.has('keys'),
    hasPausedKeys: fields.has('key_pauses'),
    cancelledFlows: cancelledFlowsIn(fields),
    deadLetters: boundsOf(...boundsFields.map((name) => fields.get(name))),
    limits,
    division: divisionOf(...divisionFields.map((name) => fields.get(name))),
    history: historyOf(...historyFields.map((name) => fields.get(name))),
    leasesAhead: !limitsKeys && (isLimited ? 'in-room' : true),
    waitsByBell: isLimited,
  };
}

const pausedConsumer = 'paused_consumer:';

function pausedConsumersIn(fields: ReadonlyMap<string, string>): ReadonlyMap<string, Paused> {
  const paused = new Map<string, Paused>();
  for (const [field, value] of fields) {
    if (!field.startsWith(pausedConsumer)) continue;
    paused.set(field.slice(pausedConsumer.length), consumerPauseOf(value));
  }
  return paused;
}

/** What the field of a paused consumer says: since when, a colon, and why. */
export function consumerPauseOf(value: string): Paused {
  const colon = value.indexOf(':');
  const reason = value.slice(colon + 1);
  return {
    since: new Date(Number(value.slice(0, colon))),
    reason: reason === '' ? undefined : reason,
    until: undefined,
  };
}

/** The field of a consumer that is paused so. */
export function consumerPauseField({ since, reason = '' }: Paused): string {
  return `${since.getTime()}:${reason}`;
}

const cancelledFlow = 'cancelled_flow:';

function cancelledFlowsIn(fields: ReadonlyMap<string, string>): ReadonlySet<string> {
  const names = [...fields.keys()].filter((field) => field.startsWith(cancelledFlow));
  return new Set(names.map((field) => field.slice(cancelledFlow.length)));
}

function pausedIn(fields: ReadonlyMap<string, string>): Paused | undefined {
  const [since, reason, until] = pauseFields.map((name) => fields.get(name));
  if (since === undefined) return undefined;
  return {
    since: new Date(Number(since)),
    reason,
    until: until ? new Date(Number(until)) : undefined,
  };
}
