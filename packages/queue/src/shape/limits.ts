import { type NamesOf, refuseUnknownOptions, wholeNumber } from '@redpost/core';
import { checkedRate, type RateLimit } from '../limiting/limit.js';

/** What limits the consumers of a queue, all of them together. */
export interface QueueLimits {
  /** How many messages may start in any window of `perMs`, over all consumers. */
  rate?: RateLimit | undefined;
  /** How many messages may be active at a time, over all consumers: 1 to 1 000 000. */
  concurrency?: number | undefined;
}

/** A change of limits. What is not named, or is undefined, stays as it is; `null` removes a limit. */
export type QueueLimitChanges = { [Name in keyof QueueLimits]?: QueueLimits[Name] | null };

/** One limit: how it is checked, and how it is written to fields of the shape and read from them. */
interface LimitField<Value> {
  /** The fields of the shape that hold it. */
  readonly fields: readonly string[];
  /** @throws InvalidArgumentError that names what cannot work. */
  encode(value: unknown): Readonly<Record<string, number>>;
  /** Undefined where it is not declared. @param fields of the shape, all that there are. */
  decode(fields: ReadonlyMap<string, string>): Value | undefined;
}

/** All limits that a queue can declare. */
const limitFields: {
  readonly [Name in keyof QueueLimits]-?: LimitField<NonNullable<QueueLimits[Name]>>;
} = {
  rate: {
    fields: ['rate_max', 'rate_per_ms', 'rate_burst'],
    encode(value) {
      const { max, perMs, burst } = checkedRate('rate', value as RateLimit);
      return { rate_max: max, rate_per_ms: perMs, rate_burst: burst };
    },
    decode(fields) {
      const [max, perMs, burst] = this.fields.map((name) => Number(fields.get(name)));
      return max && perMs ? { max, perMs, burst: burst || 0 } : undefined;
    },
  },
  concurrency: {
    fields: ['concurrency'],
    encode: (value) => ({
      concurrency: wholeNumber('concurrency', value, { min: 1, max: 1_000_000 }),
    }),
    decode(fields) {
      const concurrency = fields.get('concurrency');
      return concurrency === undefined ? undefined : Number(concurrency);
    },
  },
};

/** The names of all limits. */
export type LimitName = keyof QueueLimits;
const limitNames: NamesOf<QueueLimits> = { rate: true, concurrency: true };
export const allLimits = Object.keys(limitNames) as readonly LimitName[];

/** The fields of the shape that hold these limits. */
export function fieldsOf(names: readonly LimitName[]): string[] {
  return names.flatMap((name) => limitFields[name].fields);
}

/** What a change sets and deletes. @throws InvalidArgumentError for a limit that cannot work. */
export function checkedChanges(changes: QueueLimitChanges): {
  set: Record<string, number>;
  drop: string[];
} {
  refuseUnknownOptions('limits.set()', changes, limitNames);
  const set: Record<string, number> = {};
  const drop: string[] = [];
  for (const name of allLimits) {
    const value = changes[name];
    if (value === undefined) continue;
    if (value === null) drop.push(...fieldsOf([name]));
    else Object.assign(set, limitFields[name].encode(value));
  }
  return { set, drop };
}

/** The limits among all fields of a shape. */
export function limitsIn(fields: ReadonlyMap<string, string>): QueueLimits {
  const declared = allLimits.map((name) => [name, limitFields[name].decode(fields)] as const);
  return Object.fromEntries(declared.filter(([, value]) => value !== undefined));
}
