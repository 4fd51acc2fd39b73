import type { NamesOf } from '@redpost/core';
import {
  type CheckedHandling,
  type CheckedLease,
  checkedHandling,
  checkedLease,
  consumeOptionNames,
  type HandlingOptions,
  type LeaseOptions,
} from '@redpost/core/consuming';
import { type From, startOf } from '../record/offset.js';

/** How a consumer group begins. */
export interface GroupOptions {
  /**
   * Where the group begins when it does not exist yet. Default `'beginning'`. `'latest'` means the time when the member
   * that creates the group began. So if Redis has lost the topic since then (FLUSHALL), the group begins with its first
   * record.
   */
  from?: From | undefined;
}

/** How a member of a group consumes. */
export interface GroupConsumeOptions extends LeaseOptions, HandlingOptions {}

export const groupOptionNames: NamesOf<GroupOptions> = { from: true };

export const groupConsumeOptionNames: NamesOf<GroupConsumeOptions> = consumeOptionNames;

/** Options of a member that were checked. */
export interface CheckedConsumeOptions extends CheckedLease, CheckedHandling {
  /** Where the group begins when it does not exist yet: an offset, or `$`. */
  start: string;
}

/** @throws InvalidArgumentError for an option that cannot work. */
export function checkedConsumeOptions(
  options: GroupConsumeOptions & GroupOptions,
): CheckedConsumeOptions {
  const start = startOf(options.from ?? 'beginning');
  return { ...checkedLease(options), ...checkedHandling(options), start };
}
