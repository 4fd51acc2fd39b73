import type { Incident, Ledger } from './ledger.js';
import { outOfOrder } from './order.js';
import { type Run, runsByKey } from './runs.js';

/** What became of the messages. Lists hold their keys. */
export interface Account {
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
  /** Handled more than once with no incident that accounts for it. */
  unexcused: string[];
  /** How many times a message was handled once more than it had to be. */
  duplicates: number;
  /** Overtaken by a later message, with no incident that accounts for it. */
  outOfOrder: string[];
  /** Dead letters that should not be. */
  wronglyDead: string[];
  /** The time of the slowest send, in ms. */
  slowestSendMs: number;
}

export interface AccountOptions {
  /** The keys of the dead letters. */
  dead?: readonly string[];
  /** Which keys to account for. Default: all. */
  only?: (key: string) => boolean;
  /** Which keys have to be handled in the order of their sends. Default: none. */
  ordered?: (key: string) => boolean;
}

/**
 * How long after a handler has returned its acknowledgement may be on its way, in ms: a process
 * that dies later has no excuse.
 */
const acknowledgedWithinMs = 1000;

/** Compares what was sent with what was handled. */
export function account(ledger: Ledger, options: AccountOptions = {}): Account {
  const { dead = [], only = () => true, ordered = () => false } = options;
  const { incidents } = ledger;
  const runs = runsByKey(ledger);
  const sending = new Map(ledger.all('sending').map((entry) => [entry.key, entry]));
  const hasExpired = (key: string) => {
    const { at, ttlMs = Infinity } = sending.get(key) ?? { at: Infinity };
    return at + ttlMs < ledger.endsAt;
  };
  const sends = ledger.all('sent').filter(({ key }) => only(key));
  const byOutcome = (wanted: string) => sends.filter(({ outcome }) => outcome === wanted);
  const poison = new Set(ledger.all('sending').flatMap((send) => (send.isPoison ? send.key : [])));
  const begun = [...sending.keys()].filter(only).length;

  const done = new Set([...dead, ...ledger.all('handled').map(({ key }) => key)]);
  const missing = byOutcome('resolved').filter(({ key }) => !done.has(key) && !hasExpired(key));
  const ages = missing.map(({ key, at }) => {
    return {
      key,
      ageMs: forgottenAge({ sentAt: sending.get(key)?.at ?? at, ackedAt: at }, incidents),
    };
  });
  const repeated = [...runs].filter(([key]) => only(key)).map(([key, all]) => repeats(key, all));
  const keysOf = (isMeant: (run: Run, earlier: Run[]) => boolean) =>
    repeated
      .filter(({ again }) => again.some(([run, earlier]) => isMeant(run, earlier)))
      .map(({ key }) => key);

  return {
    sends: begun,
    resolved: byOutcome('resolved').length,
    absent: byOutcome('not-executed').length,
    unknown: byOutcome('unknown').length,
    unanswered: begun - sends.length,
    handled: ledger.all('handled').filter(({ key }) => only(key)).length,
    lost: ages.filter(({ ageMs }) => ageMs === undefined).map(({ key }) => key),
    forgotten: ages.filter(({ ageMs }) => ageMs !== undefined).map(({ key }) => key),
    forgottenAgeMs: ages.reduce((oldest, { ageMs = 0 }) => Math.max(oldest, ageMs), 0),
    unsent: [...runs.keys()].filter((key) => !sending.has(key)),
    denied: byOutcome('not-executed').flatMap(({ key }) => (runs.has(key) ? [key] : [])),
    unstated: byOutcome('unstated').map(({ key }) => key),
    afterAck: keysOf((run, earlier) =>
      earlier.some((before) => isAfterAck(before, run, incidents)),
    ),
    unexcused: keysOf(
      (run, earlier) => !earlier.some((before) => isExcused(before, run, incidents)),
    ),
    duplicates: repeated.reduce((sum, { again }) => sum + again.length, 0),
    outOfOrder: outOfOrder(ledger, runs, ordered),
    wronglyDead: dead.filter((key) => !poison.has(key)),
    slowestSendMs: sends.reduce((slowest, { tookMs }) => Math.max(slowest, tookMs), 0),
  };
}

/** The runs that were one too many: those after a run that had not asked for another one. */
function repeats(key: string, runs: Run[]): { key: string; again: [Run, Run[]][] } {
  const earlier: Run[] = [];
  const again: [Run, Run[]][] = [];
  for (const run of runs) {
    if (earlier.length > 0) again.push([run, [...earlier]]);
    if (run.failedAt === undefined) earlier.push(run);
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

function isAfterAck({ ackedAt = Infinity }: Run, run: Run, incidents: readonly Incident[]) {
  const isForgotten = ({ at, until, forgetsSince = Infinity }: Incident) =>
    forgetsSince <= ackedAt && ackedAt <= until && at <= run.startedAt;
  return ackedAt < run.startedAt && !incidents.some(isForgotten);
}

function isExcused(before: Run, run: Run, incidents: readonly Incident[]): boolean {
  const { ackedAt, handledAt = Infinity } = before;
  const inFlightUntil = ackedAt ?? handledAt + acknowledgedWithinMs;
  return incidents.some(
    ({ process, at, until, forgetsSince = at, unnoticedUntil = until }) =>
      (process === undefined || process === before.process) &&
      forgetsSince <= inFlightUntil &&
      at <= run.startedAt &&
      unnoticedUntil >= before.startedAt,
  );
}
