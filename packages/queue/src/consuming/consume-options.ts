import { InvalidArgumentError, type NamesOf, refuseUnknownOptions, shown } from '@redpost/core';
import {
  type CheckedHandling,
  type CheckedLease,
  checkedHandling,
  checkedLease,
  consumeOptionNames,
  type HandlingOptions,
  type LeaseOptions as SharedLeaseOptions,
} from '@redpost/core/consuming';
import type { ConsumedEnd } from '../context.js';

/** How long a lease lasts and in which order messages are taken: for every kind of consumer. */
export interface LeaseOptions extends SharedLeaseOptions {
  /** `fifo` (default): the oldest message first. `lifo`: the newest. */
  order?: 'fifo' | 'lifo' | undefined;
}

/** How a consumer calls its handler. */
export interface ConsumeOptions extends LeaseOptions, HandlingOptions {}

/** Lease options that were checked. */
export interface SessionOptions extends CheckedLease {
  from: ConsumedEnd;
}

const optionNames: NamesOf<ConsumeOptions> = { ...consumeOptionNames, order: true };

/** @throws InvalidArgumentError for an option that cannot work. */
export function sessionOptions(options: LeaseOptions): SessionOptions {
  return { ...checkedLease(options), from: consumedEnd(options.order) };
}

/** @throws InvalidArgumentError for an option that cannot work. */
export function consumerOptions(options: ConsumeOptions): SessionOptions & CheckedHandling {
  refuseUnknownOptions('consume()', options, optionNames);
  return { ...sessionOptions(options), ...checkedHandling(options) };
}

function consumedEnd(order: unknown = 'fifo'): ConsumedEnd {
  if (order === 'fifo') return 'RIGHT';
  if (order === 'lifo') return 'LEFT';
  throw new InvalidArgumentError(`order is 'fifo' or 'lifo', got ${shown(order)}`);
}
