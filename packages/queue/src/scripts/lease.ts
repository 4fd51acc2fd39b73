import { defineScript, type Script, type ScriptDefinition, type ScriptPart } from '@redpost/core';
import { clockPart, Slice } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import { unpackElements } from '../message/packed-elements.js';
import type { Shape } from '../shape/shape.js';
import type { Acknowledged, Batch, Leased } from '../store/acknowledgements.js';
import source from './lease.lua';
import {
  endingMembersPart,
  endingPart,
  handoffPart,
  heldPart,
  listSourcePart,
  noMembersPart,
  notingOncePart,
  openGatePart,
  shapedGateParts,
  shapedSourcePart,
} from './parts/parts.js';
import { memberArgs, memberKeys, namedKeys, placeArgs, placeKeys } from './script-keys.js';

export interface LeaseInput {
  keys: QueueKeys;
  /** The version of the shape that the caller knows. */
  version: string;
  consumer: string;
  /** How soon after this call the consumer starts what the answer brings, in ms: where the queue has a rate. */
  slackMs?: number;
  /** The end of the list that elements are taken from. */
  from: 'LEFT' | 'RIGHT';
  /** How many elements to lease. */
  count: number;
  /** Whether Redis may keep them as one batch, if they come packed and are several. */
  asBatch: boolean;
  /** Whether elements of the list may be among them; if not, only those that were returned. */
  withList: boolean;
  /** Whether a suspect may be among them. */
  withSuspect: boolean;
  /** How many messages of one key may be taken together, as a run, where the queue has keys. Default 1. */
  perKey?: number;
  /** From how many keys messages may be taken. Default: as many as are leased. */
  mostKeys?: number;
  /** The receipt of the first leased element; the others get the following ones. */
  firstReceipt: number;
  /** The receipt to give to the element that a blocking move has just brought. */
  handedOff: number | undefined;
  /** What has been settled. */
  acked: Pick<Acknowledged<Leased>, 'batches' | 'receipts' | 'expired'>;
  /**
   * How many µs handlers had what is acknowledged: of each batch for each of its runs, and then of the others for each
   * receipt. Undefined where nothing depends on that.
   */
  rans?: readonly (readonly number[])[] | undefined;
}

export type LeaseResult =
  /** Nothing was done: the consumer's lease had run out. */
  | { status: 'lost' }
  /** Nothing was done: the queue has another shape than the caller knows. */
  | { status: 'reshaped' }
  | {
      status: 'held';
      /** The server's time, in ms since 1970. */
      now: number;
      suspect: Slice | undefined;
      elements: Slice[];
      /** Whether the elements came as one block, since the first of them is small. */
      isPacked: boolean;
      /** Whether there are more, which did not fit into the answer. */
      isCut: boolean;
      /**
       * In how many ms to ask again, where the queue's gate let fewer through than wanted: -1 if a signal or another
       * shape tells when.
       */
      askAgainMs: number | undefined;
      /** A suspect waits until the messages of higher priorities are taken. */
      isSuspectLater: boolean;
      /** In how many ms the next key may be taken; undefined if fewer came for no such reason. */
      nextKeyMs: number | undefined;
      /** How many keys are ready after this call; undefined where there are no keys. */
      readyKeys: number | undefined;
      /** How many of the acknowledged messages were still held. */
      acknowledged: number;
      /** How many more messages the limits of the queue leave room for; undefined where it has none, or was not asked. */
      room: number | undefined;
      /** The runs that the elements are; undefined if each element may be handled at once. */
      runs: readonly number[] | undefined;
    };

const keys = ['list', 'active', 'batches', 'handoff', 'consumers', 'stats'] as const;

const ofPlain: LeaseDefinition = {
  gate: [openGatePart],
  source: [listSourcePart],
  keys: namedKeys(...keys, 'returned', 'suspects', 'shape'),
  args: { signal: ({ keys }) => keys.signal },
};

const ofShaped: LeaseDefinition = {
  gate: shapedGateParts,
  source: [shapedSourcePart, notingOncePart],
  keys: namedKeys(...keys, 'labels', 'holders', 'rate', 'once', 'onces', ...placeKeys),
  args: {
    version: ({ version }) => version,
    slack_us: ({ slackMs = 0 }) => 1000 * slackMs,
    per_key: ({ perKey = 1 }) => perKey,
    most_keys: ({ count, mostKeys = count }) => mostKeys,
    ...placeArgs,
  },
};

/** Of a plain queue. */
export const plainLease = defineLease(ofPlain);
/** Of a queue with a shape. */
export const shapedLease = defineLease(ofShaped);
const plainMembersLease = defineMembersLease(ofPlain);
const shapedMembersLease = defineMembersLease(ofShaped);

/** The script for a queue of this shape. @param endsMembers whether members of flows are among what is acknowledged. */
export function leaseOf({ version }: Shape, endsMembers = false): Script<LeaseInput, LeaseResult> {
  if (version === '') return endsMembers ? plainMembersLease : plainLease;
  return endsMembers ? shapedMembersLease : shapedLease;
}

/** What differs between queues of different shapes. */
interface LeaseDefinition
  extends Required<Pick<ScriptDefinition<LeaseInput, LeaseResult>, 'keys' | 'args'>> {
  gate: readonly ScriptPart[];
  source: readonly ScriptPart[];
}

/** The same script, which ends members of flows, too. */
function defineMembersLease({ keys, args, ...of }: LeaseDefinition) {
  const more = {
    keys: { ...keys, ...namedKeys('seen', ...memberKeys) },
    args: { ...args, ...memberArgs, ended: ({ acked }: LeaseInput) => endedIn(acked.batches) },
  };
  return defineLease({ ...of, ...more }, endingMembersPart);
}

/** For each batch the flows that its members are of, each with their number, as JSON. */
function endedIn(batches: readonly Batch[]): string {
  return JSON.stringify(batches.map(({ flows = [] }) => [...flows].flat()));
}

function defineLease(
  definition: LeaseDefinition,
  members = noMembersPart,
): Script<LeaseInput, LeaseResult> {
  const { gate, source: from, keys, args } = definition;
  return defineScript<LeaseInput, LeaseResult>({
    name: 'lease',
    uses: [clockPart, ...gate, heldPart, handoffPart, ...from, endingPart, members],
    keys,
    args: {
      ...args,
      consumer: ({ consumer }) => consumer,
      from: ({ from }) => from,
      count: ({ count }) => count,
      as_batch: ({ asBatch }) => (asBatch ? 1 : 0),
      with_list: ({ withList }) => (withList ? 1 : 0),
      with_suspect: ({ withSuspect }) => (withSuspect ? 1 : 0),
      first: ({ firstReceipt }) => firstReceipt,
      handed_off: ({ handedOff }) => handedOff ?? '',
      expired: ({ acked }) => acked.expired,
      whole: ({ acked }) => acked.batches.length,
      ran: ({ rans }) => (rans ? JSON.stringify(rans) : ''),
    },
    rest: ({ acked }) => [
      ...acked.batches.map(({ first, count }) => `${first}:${count}`),
      ...acked.receipts,
    ],
    lua: source,
    looksFirst: ({ acked, handedOff }) =>
      acked.batches.length + acked.receipts.length === 0 && handedOff === undefined,
    parse(reply) {
      if (reply === null) return { status: 'lost' };
      if (reply === 0) return { status: 'reshaped' };
      const [now, suspect, elements, isCut, askAgainMs, ...more] = reply as LeaseReply;
      const [isSuspectLater, nextKeyMs, readyKeys, acknowledged, room, runs] = more;
      return {
        status: 'held',
        now,
        suspect: suspect ? Slice.of(suspect) : undefined,
        elements: Array.isArray(elements) ? elements.map(Slice.of) : unpackElements(elements),
        isPacked: !Array.isArray(elements),
        isCut: isCut === 1,
        askAgainMs: askAgainMs ?? undefined,
        isSuspectLater: isSuspectLater === 1,
        nextKeyMs: nextKeyMs ?? undefined,
        readyKeys: readyKeys ?? undefined,
        acknowledged,
        room: room ?? undefined,
        runs: runs ?? undefined,
      };
    },
  });
}

type LeaseReply = [
  now: number,
  suspect: Buffer | null,
  elements: Buffer | Buffer[],
  isCut: 0 | 1,
  askAgainMs: number | null,
  isSuspectLater: 0 | 1,
  nextKeyMs: number | null,
  readyKeys: number | null,
  acknowledged: number,
  room: number | null,
  runs: number[] | null,
];
