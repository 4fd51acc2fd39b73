import {
  InvalidArgumentError,
  longestTimerMs,
  type NamesOf,
  refuseUnknownOptions,
  shown,
  wholeNumber,
} from '@redpost/core';
import { checkedRate, type RateLimit } from '../limiting/limit.js';
import { checkKey } from '../message/key.js';

/** What limits the consumers of a queue, all of them together. */
export interface QueueLimits {
  /** How many messages may start in any window of `perMs`, over all consumers. */
  rate?: RateLimit | undefined;
  /** How many messages may be active at a time, over all consumers: 1 to 1 000 000. */
  concurrency?: number | undefined;
  /** How many messages of one key may be active at a time: 1 to 1 000 000. Default 1, which keeps their order. */
  keyConcurrency?: number | undefined;
  /** How many messages of one key may start in any window of `perMs`. Other keys go on meanwhile. */
  keyRate?: RateLimit | undefined;
  /**
   * How large a share of the handlers' time keys get, compared with others: a positive number for each of at most 1000
   * keys. Default 1 for a key that is not named. It replaces the weights that were declared before.
   */
  keyWeights?: Readonly<Record<string, number>> | undefined;
  /**
   * How many messages of one key may wait: 1 to 1 000 000 000. A send of one more rejects with `KeyFullError`. Delayed
   * messages do not count, and are not refused.
   */
  keyMaxLength?: number | undefined;
  /**
   * A message that has waited for longer than this since it was sent, in ms, comes before those of higher priorities: 1
   * to 2 147 483 647. By default the messages of low priorities can wait for ever. A bare payload, which does not tell
   * when it was sent, has no age.
   */
  agingMs?: number | undefined;
}

/** A change of limits. What is not named, or is undefined, stays as it is; `null` removes a limit. */
export type QueueLimitChanges = { [Name in keyof QueueLimits]?: QueueLimits[Name] | null };

/** One limit: how it is checked, and how it is written to fields of the shape and read from them. */
interface LimitField<Value> {
  /** The fields of the shape that hold it. */
  readonly fields: readonly string[];
  /** @throws InvalidArgumentError that names what cannot work. */
  encode(value: unknown): Readonly<Record<string, string | number>>;
  /** Undefined where it is not declared. @param fields of the shape, all that there are. */
  decode(fields: ReadonlyMap<string, string>): Value | undefined;
}

/** All limits that a queue can declare. */
const limitFields: {
  readonly [Name in keyof QueueLimits]-?: LimitField<NonNullable<QueueLimits[Name]>>;
} = {
  rate: withWhole(rateField('rate', 'rate'), ['whole_rate_max', 'whole_rate_burst']),
  concurrency: withWhole(numberField('concurrency', 'concurrency', 1_000_000), [
    'whole_concurrency',
  ]),
  keyConcurrency: numberField('keyConcurrency', 'key_concurrency', 1_000_000),
  keyRate: rateField('keyRate', 'key_rate'),
  keyWeights: {
    fields: ['key_weights'],
    encode: (value) => ({ key_weights: JSON.stringify(checkedWeights(value)) }),
    decode(fields) {
      const weights = fields.get('key_weights');
      return weights === undefined ? undefined : JSON.parse(weights);
    },
  },
  keyMaxLength: numberField('keyMaxLength', 'key_max_length', 1_000_000_000),
  agingMs: numberField('agingMs', 'aging_ms', longestTimerMs),
};

/** The names of all limits. */
export type LimitName = keyof QueueLimits;
const limitNames: NamesOf<QueueLimits> = {
  rate: true,
  concurrency: true,
  keyConcurrency: true,
  keyRate: true,
  keyWeights: true,
  keyMaxLength: true,
  agingMs: true,
};
export const allLimits = Object.keys(limitNames) as readonly LimitName[];

/** The fields of the shape that hold these limits. */
export function fieldsOf(names: readonly LimitName[]): string[] {
  return names.flatMap((name) => limitFields[name].fields);
}

/** What a change sets and deletes. @throws InvalidArgumentError for a limit that cannot work. */
export function checkedChanges(changes: QueueLimitChanges): {
  set: Record<string, string | number>;
  drop: string[];
} {
  refuseUnknownOptions('limits.set()', changes, limitNames);
  const set: Record<string, string | number> = {};
  const drop: string[] = [];
  for (const name of allLimits) {
    const value = changes[name];
    if (value === undefined) continue;
    if (value === null) drop.push(...fieldsOf([name]));
    else Object.assign(set, limitFields[name].encode(value));
  }
  return { set, drop };
}

/** The limits among all fields of a shape: of a queue with partitions, what it has declared for all of them. */
export function limitsIn(fields: ReadonlyMap<string, string>): QueueLimits {
  const declared = allLimits.map((name) => [name, limitFields[name].decode(fields)] as const);
  const limits: QueueLimits = Object.fromEntries(
    declared.filter(([, value]) => value !== undefined),
  );
  const [concurrency, max, burst] = wholeNames.map((name) => fields.get(name));
  if (concurrency !== undefined) limits.concurrency = Number(concurrency);
  if (limits.rate && max !== undefined) {
    limits.rate = { ...limits.rate, max: Number(max), burst: Number(burst) };
  }
  return limits;
}

const wholeNames = ['whole_concurrency', 'whole_rate_max', 'whole_rate_burst'] as const;

/** The fields of the shape of a queue with partitions that tell what was declared for all of them, because each has a part of it. */
export function wholeFields({ concurrency, rate }: QueueLimitChanges): Record<string, number> {
  const [ofConcurrency, ofMax, ofBurst] = wholeNames;
  return {
    ...(concurrency && { [ofConcurrency]: concurrency }),
    ...(rate && { [ofMax]: rate.max, [ofBurst]: rate.burst ?? 0 }),
  };
}

/** The same limit, with which the fields are deleted that tell it for all partitions. */
function withWhole<Value>(limit: LimitField<Value>, whole: readonly string[]): LimitField<Value> {
  return { ...limit, fields: [...limit.fields, ...whole] };
}

/** A whole number, at least 1. @param field of the shape. */
function numberField(name: LimitName, field: string, max: number): LimitField<number> {
  return {
    fields: [field],
    encode: (value) => ({ [field]: wholeNumber(name, value, { min: 1, max }) }),
    decode(fields) {
      const value = fields.get(field);
      return value === undefined ? undefined : Number(value);
    },
  };
}

/** @param prefix of its fields of the shape. */
function rateField(name: LimitName, prefix: string): LimitField<RateLimit> {
  const names = [`${prefix}_max`, `${prefix}_per_ms`, `${prefix}_burst`] as const;
  return {
    fields: names,
    encode(value) {
      const { max, perMs, burst } = checkedRate(name, value as RateLimit);
      return { [names[0]]: max, [names[1]]: perMs, [names[2]]: burst };
    },
    decode(fields) {
      const [max, perMs, burst] = names.map((field) => Number(fields.get(field)));
      return max && perMs ? { max, perMs, burst: burst || 0 } : undefined;
    },
  };
}

const mostWeights = 1000;
const leastWeight = 0.001;
const mostWeight = 1_000_000;

function checkedWeights(weights: unknown): Record<string, number> {
  if (typeof weights !== 'object' || weights === null || Array.isArray(weights)) {
    throw new InvalidArgumentError(`keyWeights has a number for each key, got ${shown(weights)}`);
  }
  const entries = Object.entries(weights as Record<string, number>);
  if (entries.length > mostWeights) {
    throw new InvalidArgumentError(
      `keyWeights names at most ${mostWeights} keys, got ${entries.length}`,
    );
  }
  for (const [key, weight] of entries) {
    checkKey(key);
    if (typeof weight === 'number' && weight >= leastWeight && weight <= mostWeight) continue;
    throw new InvalidArgumentError(
      `A weight in keyWeights is a number from ${leastWeight} to ${mostWeight}, got ${shown(weight)}`,
    );
  }
  return weights as Record<string, number>;
}
