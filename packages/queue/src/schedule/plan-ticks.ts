import type { TickedSchedule } from '../scripts/send-ticks.js';
import type { ScheduleState, StoredSchedule } from './spec.js';
import { overlapKey, tickMessage } from './tick-message.js';
import { lastTick, tickAfter } from './timing.js';

/** A tick that is due for longer than this was missed, in ms. It is the default length of a lease. */
const missedAfterMs = 30_000;
/** The most ticks of one schedule in one call, and about how many bytes they have. */
const mostTicks = 100;
const mostBytes = 256 * 1024;

/**
 * What is to be sent of a schedule that is due, and what becomes of it.
 *
 * @param now what the server's clock says, in ms since 1970.
 * @throws InvalidArgumentError when its time zone is not known here.
 */
export function planTicks(schedule: StoredSchedule, now: number): TickedSchedule {
  const { name, spec, state, stateText } = schedule;
  const after = (instant: number) => tickAfter(spec, state.origin, instant);
  const remaining = spec.limit === undefined ? mostTicks : spec.limit - state.ticks;
  const most = Math.min(remaining, mostTicks, 1 + Math.floor(mostBytes / schedule.body.length));

  const due: number[] = [];
  let next = firstToSend(schedule, now);
  while (next !== undefined && next <= now && due.length < most) {
    due.push(next);
    next = after(next);
  }
  const ticks = state.ticks + due.length;
  if (spec.limit !== undefined && ticks >= spec.limit) next = undefined;
  const last = due.at(-1) ?? state.last;
  const changed: ScheduleState = {
    ...state,
    next: next ?? null,
    ticks,
    ...(last === undefined ? {} : { last }),
  };
  return {
    name,
    expected: stateText,
    state: JSON.stringify(changed),
    next,
    onceKey: overlapKey(schedule),
    key: spec.key,
    messages: due.map((tick) => tickMessage(schedule, tick, now)),
  };
}

/** The first tick of which a message is sent, or else the next one that is not due yet. */
function firstToSend({ spec, state }: StoredSchedule, now: number): number | undefined {
  const first = state.next ?? undefined;
  if (first === undefined || first >= now - missedAfterMs || spec.missed === 'all') return first;
  if (spec.missed === 'one') return lastTick(spec, state.origin, first, now);
  return tickAfter(spec, state.origin, now - missedAfterMs - 1);
}
