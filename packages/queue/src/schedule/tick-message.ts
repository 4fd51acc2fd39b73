import { encodeEnvelope, handlingJson, onceJson, placeJson } from '../message/envelope.js';
import type { TickMessage } from '../scripts/send-ticks.js';
import type { StoredSchedule } from './spec.js';

/** The key by which messages of a schedule with `overlap: 'skip'` are sent once, until they are done. */
export function overlapKey({ name, spec }: StoredSchedule): string | undefined {
  return spec.overlap === 'skip' ? `schedule:${name}` : undefined;
}

/** The message of a tick. @param due when the tick is, and `now` what the server's clock says, in ms since 1970. */
export function tickMessage(schedule: StoredSchedule, due: number, now: number): TickMessage {
  const { name, spec } = schedule;
  const id = `${name}@${new Date(due).toISOString()}`;
  const { jitterMs = 0 } = spec;
  const jitter = jitterMs && Math.floor(Math.random() * (jitterMs + 1));
  return scheduledMessage(schedule, id, now, Math.max(0, due + jitter - now));
}

/** A message of a schedule. */
export function scheduledMessage(
  schedule: StoredSchedule,
  id: string,
  now: number,
  delayMs = 0,
): TickMessage {
  const { key, priority, headers, ttlMs = 0 } = schedule.spec;
  const once = overlapKey(schedule);
  const onceText = once === undefined ? '' : onceJson('done', once);
  const place = handlingJson(schedule.spec) + placeJson(key, priority) + onceText;
  const idJson = JSON.stringify(id);
  const element = encodeEnvelope({ idJson, sentAt: now, headers, place }, schedule.body);
  return { id, idJson, element, delayMs, ttlMs };
}
