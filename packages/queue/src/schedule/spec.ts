import type { Headers } from '../message/envelope.js';
import type { Timing } from './timing.js';

/** What a schedule was set to, as it is in Redis, without its body. */
export interface ScheduleSpec extends Timing {
  readonly missed: 'skip' | 'one' | 'all';
  readonly overlap: 'allow' | 'skip';
  readonly jitterMs?: number;
  readonly priority?: number;
  readonly key?: string;
  readonly headers?: Headers;
  readonly ttlMs?: number;
  readonly timeoutMs?: number;
  readonly keepResultMs?: number;
}

/** How far a schedule is. */
export interface ScheduleState {
  /** Another one after each change of the spec. */
  readonly version: number;
  /** When it was set first, in ms since 1970 by the server's clock. */
  readonly origin: number;
  /** When its next tick is, in ms since 1970; null when it has none, or is paused. */
  readonly next: number | null;
  /** How many ticks there were. */
  readonly ticks: number;
  /** When the last tick was. */
  readonly last?: number;
  readonly paused?: true;
}

/** A schedule as it is in Redis. */
export interface StoredSchedule {
  readonly name: string;
  readonly spec: ScheduleSpec;
  readonly body: Buffer;
  readonly state: ScheduleState;
  /** The state as it is in Redis: what is written is written only if it still is. */
  readonly stateText: string;
}

const newline = 0x0a;

/** Writes a spec and the encoded body: JSON on one line, a newline, the body. The same spec has the same bytes. */
export function encodeSpec(spec: ScheduleSpec, body: string | Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify(spec)}\n`), Buffer.from(body as Uint8Array)]);
}

/** @throws SyntaxError, TypeError for what this client would not have written. */
export function readSchedule(name: string, specBytes: Buffer, stateText: string): StoredSchedule {
  const end = specBytes.indexOf(newline);
  const spec: ScheduleSpec = JSON.parse(specBytes.toString('utf8', 0, end));
  const state: ScheduleState = JSON.parse(stateText);
  const { cron, everyMs } = spec;
  const hasTimes = typeof cron === 'string' || isWhole(everyMs, 1);
  if (end < 0 || !hasTimes) throw new TypeError('It has neither cron nor everyMs');
  const times = [state.origin, state.ticks, state.next ?? 0, state.last ?? 0];
  const bounds = [spec.from, spec.until, spec.limit, spec.jitterMs].map((bound) => bound ?? 0);
  if (![...times, ...bounds].every((value) => isWhole(value, 0))) {
    throw new TypeError('A number in it is none');
  }
  return { name, spec, body: specBytes.subarray(end + 1), state, stateText };
}

function isWhole(value: unknown, min: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= min;
}

/** Whether two specs have their ticks at the same times. */
export function isSameTiming(one: Timing, other: Timing): boolean {
  const names = ['cron', 'timeZone', 'everyMs', 'from', 'until', 'limit'] as const;
  return names.every((name) => one[name] === other[name]);
}
