import { Slice } from '@redpost/core/consuming';
import type { QueueContext } from '../context.js';
import type { Headers } from '../message/envelope.js';
import { readBody } from '../message/message.js';
import type { StoredSchedule } from './spec.js';

/** A schedule as it is in Redis: see {@link ScheduleOptions}. */
export interface Schedule<Body = unknown> {
  readonly name: string;
  readonly cron: string | undefined;
  readonly everyMs: number | undefined;
  /** Undefined for one with `everyMs`. */
  readonly timeZone: string | undefined;
  /** Undefined when it cannot be read with this codec and schema. */
  readonly body: Body | undefined;
  readonly from: Date | undefined;
  readonly until: Date | undefined;
  readonly limit: number | undefined;
  readonly missed: 'skip' | 'one' | 'all';
  readonly overlap: 'allow' | 'skip';
  readonly jitterMs: number;
  readonly headers: Headers | undefined;
  readonly priority: number | undefined;
  readonly key: string | undefined;
  readonly ttlMs: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly keepResultMs: number | undefined;
  readonly isPaused: boolean;
  /** When its next tick is; undefined when it is paused or has ended. */
  readonly next: Date | undefined;
  /** When its last tick was. */
  readonly last: Date | undefined;
  /** How many ticks there were. */
  readonly ticks: number;
}

/** What a schedule in Redis says. */
export async function scheduleOf<Body>(
  context: QueueContext<Body>,
  { name, spec, state, body }: StoredSchedule,
): Promise<Schedule<Body>> {
  const { cron, everyMs, timeZone, limit, missed, overlap, jitterMs = 0 } = spec;
  const { headers, priority, key, ttlMs, timeoutMs, keepResultMs } = spec;
  return {
    name,
    cron,
    everyMs,
    timeZone,
    body: await readable(context, body),
    from: dateOf(spec.from),
    until: dateOf(spec.until),
    limit,
    missed,
    overlap,
    jitterMs,
    headers,
    priority,
    key,
    ttlMs,
    timeoutMs,
    keepResultMs,
    isPaused: state.paused === true,
    next: dateOf(state.next ?? undefined),
    last: dateOf(state.last),
    ticks: state.ticks,
  };
}

async function readable<Body>(
  context: QueueContext<Body>,
  body: Buffer,
): Promise<Body | undefined> {
  try {
    return await readBody(context, Slice.of(body));
  } catch {
    return undefined;
  }
}

function dateOf(ms: number | undefined): Date | undefined {
  return ms === undefined ? undefined : new Date(ms);
}
