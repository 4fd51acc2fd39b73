import type { HandlingTimes } from '@redpost/core';
import { performance } from '@redpost/core/consuming';
import type { HeldDelivery } from '../consuming/delivery.js';

/**
 * Reads the times of a message that is being settled: now, unless the time with its handler was measured.
 *
 * @param serverNow the server's time, in ms since 1970.
 */
export function handlingTimes(held: HeldDelivery, serverNow: number): HandlingTimes {
  const { ranUs, startedAt, isStarted } = held;
  const sinceMs = isStarted ? performance.now() - startedAt : 0;
  const sentAt = sentAtOf(held);
  return {
    waitMs: sentAt > 0 ? Math.max(0, serverNow - sinceMs - sentAt) : undefined,
    runMs: isStarted ? (ranUs === undefined ? sinceMs : ranUs / 1000) : undefined,
  };
}

/** 0 when it is not known. */
function sentAtOf(held: HeldDelivery): number {
  try {
    return held.envelope.sentAt;
  } catch {
    return 0;
  }
}
