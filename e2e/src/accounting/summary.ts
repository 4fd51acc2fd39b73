import type { EventLog, Incident } from './event-log.js';
import { callsByKey, type HandlerCall } from './handler-calls.js';
import { handledTogether, mostAtATime, outOfOrder } from './order.js';

/** The outcomes of the messages. Lists hold their keys. */
export interface Summary {
  /** How many sends were begun. */
  sends: number;
  /** Of these: how many resolved, */
  resolved: number;
  /** were rejected as known not to be in Redis, */
  absent: number;
  /** were rejected with an unknown outcome, */
  unknown: number;
  /** and were never answered, because the producer had died. */
  unanswered: number;
  /** How many calls of a handler came to their end. */
  handled: number;
  /** Resolved, and neither handled nor dead-lettered, and they had not the time to expire. */
  lost: string[];
  /** The same, but Redis was made to forget them, as the incident allows. */
  forgotten: string[];
  /** How long before the incident the oldest of those was acknowledged, in ms. */
  forgottenAgeMs: number;
  /** Handled, and never sent. */
  unsent: string[];
  /** Handled, though their send said that they are not in Redis. */
  denied: string[];
  /** Rejected, and the error did not say whether they are in Redis. */
  unstated: string[];
  /** Handled once more after an acknowledgement was confirmed. */
  afterAck: string[];
  /** Handled more than once with no incident that explains it. */
  unexplained: string[];
  /** How many times a message was handled once more than it had to be. */
  duplicates: number;
  /** Overtaken by a later message, with no incident that explains it. */
  outOfOrder: string[];
  /** Started while another message of their key was handled, with no incident that explains it. */
  together: string[];
  /** How many messages that are not ordered were handled at a time at most, while there was no incident. */
  mostAtATime: number;
  /** Dead letters that should not be. */
  wronglyDead: string[];
  /** The time of the slowest send, in ms. */
  slowestSendMs: number;
}

export interface SummaryOptions {
  /** The keys of the dead letters. */
  dead?: readonly string[];
  /** The keys to summarize. Default: all. */
  only?: (key: string) => boolean;
  /** Which keys have to be handled in the order of their sends. Default: none. */
  ordered?: (key: string) => boolean;
}

/**
 * How long after a handler has returned its acknowledgement may be on its way, in ms: a process
 * that dies later explains no repetition.
 */
const acknowledgedWithinMs = 1000;

/** Compares the sends with the handler calls. */
export function summarize(log: EventLog, options: SummaryOptions = {}): Summary {
  const { dead = [], only = () => true, ordered = () => false } = options;
  const { incidents } = log;
  const calls = callsByKey(log);
  const sending = new Map(log.all('sending').map((entry) => [entry.key, entry]));
  const hasExpired = (key: string) => {
    const { at, ttlMs = Infinity } = sending.get(key) ?? { at: Infinity };
    return at + ttlMs < log.endsAt;
  };
  const sends = log.all('sent').filter(({ key }) => only(key));
  const byOutcome = (wanted: string) => sends.filter(({ outcome }) => outcome === wanted);
  const poison = new Set(log.all('sending').flatMap((send) => (send.isPoison ? send.key : [])));
  const begun = [...sending.keys()].filter(only).length;

  const done = new Set([...dead, ...log.all('handled').map(({ key }) => key)]);
  const missing = byOutcome('resolved').filter(({ key }) => !done.has(key) && !hasExpired(key));
  const ages = missing.map(({ key, at }) => {
    return {
      key,
      ageMs: forgottenAge({ sentAt: sending.get(key)?.at ?? at, ackedAt: at }, incidents),
    };
  });
  const repeated = [...calls].filter(([key]) => only(key)).map(([key, all]) => repeats(key, all));
  const keysOf = (isMeant: (call: HandlerCall, earlier: HandlerCall[]) => boolean) =>
    repeated
      .filter(({ again }) => again.some(([call, earlier]) => isMeant(call, earlier)))
      .map(({ key }) => key);

  return {
    sends: begun,
    resolved: byOutcome('resolved').length,
    absent: byOutcome('not-executed').length,
    unknown: byOutcome('unknown').length,
    unanswered: begun - sends.length,
    handled: log.all('handled').filter(({ key }) => only(key)).length,
    lost: ages.filter(({ ageMs }) => ageMs === undefined).map(({ key }) => key),
    forgotten: ages.filter(({ ageMs }) => ageMs !== undefined).map(({ key }) => key),
    forgottenAgeMs: ages.reduce((oldest, { ageMs = 0 }) => Math.max(oldest, ageMs), 0),
    unsent: [...calls.keys()].filter((key) => !sending.has(key)),
    denied: byOutcome('not-executed').flatMap(({ key }) => (calls.has(key) ? [key] : [])),
    unstated: byOutcome('unstated').map(({ key }) => key),
    afterAck: keysOf((call, earlier) =>
      earlier.some((before) => isAfterAck(before, call, incidents)),
    ),
    unexplained: keysOf(
      (call, earlier) => !earlier.some((before) => isExplained(before, call, incidents)),
    ),
    duplicates: repeated.reduce((sum, { again }) => sum + again.length, 0),
    outOfOrder: outOfOrder(log, calls, ordered),
    together: handledTogether(log),
    mostAtATime: mostAtATime(log, calls, (key) => !ordered(key)),
    wronglyDead: dead.filter((key) => !poison.has(key)),
    slowestSendMs: sends.reduce((slowest, { tookMs }) => Math.max(slowest, tookMs), 0),
  };
}

/** The repeated calls: those after a call that had not asked for another one. */
function repeats(
  key: string,
  calls: HandlerCall[],
): { key: string; again: [HandlerCall, HandlerCall[]][] } {
  const earlier: HandlerCall[] = [];
  const again: [HandlerCall, HandlerCall[]][] = [];
  for (const call of calls) {
    if (earlier.length > 0) again.push([call, [...earlier]]);
    if (call.failedAt === undefined) earlier.push(call);
  }
  return { key, again };
}

/** How long before Redis was made to forget it a send was acknowledged; undefined if it was not. */
function forgottenAge(
  { sentAt, ackedAt }: { sentAt: number; ackedAt: number },
  incidents: readonly Incident[],
): number | undefined {
  const cause = incidents.find(
    ({ forgetsSince = Infinity, until, keepsSends }) =>
      forgetsSince <= ackedAt && sentAt <= until && !keepsSends,
  );
  return cause && Math.max(0, cause.at - ackedAt);
}

/**
 * Redis forgets an acknowledgement, or the lease before it: what was not leased cannot be acknowledged, and a Redis
 * that does not know the lease any more confirms an acknowledgement that waited for the end of the incident.
 */
function isAfterAck(
  { startedAt, ackedAt = Infinity }: HandlerCall,
  call: HandlerCall,
  incidents: readonly Incident[],
) {
  const isForgotten = ({ at, until, forgetsSince = Infinity }: Incident) =>
    forgetsSince <= ackedAt && startedAt <= until && at <= call.startedAt;
  return ackedAt < call.startedAt && !incidents.some(isForgotten);
}

function isExplained(
  before: HandlerCall,
  call: HandlerCall,
  incidents: readonly Incident[],
): boolean {
  const { ackedAt, handledAt = Infinity } = before;
  const inFlightUntil = ackedAt ?? handledAt + acknowledgedWithinMs;
  return incidents.some(
    ({ process, at, until, forgetsSince = at, unnoticedUntil = until }) =>
      (process === undefined || process === before.process) &&
      forgetsSince <= inFlightUntil &&
      at <= call.startedAt &&
      unnoticedUntil >= before.startedAt,
  );
}
