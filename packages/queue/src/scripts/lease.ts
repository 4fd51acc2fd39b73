import { type Argument, defineScript } from '@redpost/core';
import type { QueueKeys } from '../keys.js';
import { unpackElements } from '../packed-elements.js';
import { Slice } from '../slice.js';
import clock from './clock.lua';
import source from './lease.lua';

export interface LeaseInput {
  keys: QueueKeys;
  consumer: string;
  /** The end of the list that elements are taken from. */
  from: 'LEFT' | 'RIGHT';
  /** How many elements to lease. */
  count: number;
  /** Whether a suspect may be among them. */
  withSuspect: boolean;
  /** The receipt of the first leased element; the others get the following ones. */
  firstReceipt: number;
  /** The receipt to give to the element that a blocking move has just brought. */
  handedOff: number | undefined;
  /** Receipts of what has been settled. */
  acked: readonly number[];
  /** How many of these were not handled, because they had expired. */
  expired: number;
}

export type LeaseResult =
  /** Nothing was done: the consumer's lease had run out. */
  | { status: 'lost' }
  | {
      status: 'held';
      /** The server's time, in ms since 1970. */
      now: number;
      /** How many messages this consumer has by what Redis knows. */
      active: number;
      /** How many more a blocking move has brought it that have no receipt. */
      inHandoff: number;
      suspect: Slice | undefined;
      elements: Slice[];
    };

type Answer = [
  now: number,
  active: number,
  inHandoff: number,
  suspect: Buffer | null,
  elements: Buffer | Buffer[],
];

export const lease = defineScript<LeaseInput, LeaseResult>({
  name: 'lease',
  lua: clock + source,
  encode({ keys, consumer, from, acked, ...input }) {
    const args: Argument[] = [
      consumer,
      from === 'RIGHT' ? 'RPOP' : 'LPOP',
      input.count,
      input.withSuspect ? 1 : 0,
      input.firstReceipt,
      input.handedOff ?? '',
      input.expired,
    ];
    for (const receipt of acked) args.push(receipt);
    return {
      keys: [
        keys.list,
        keys.active(consumer),
        keys.handoff(consumer),
        keys.suspects,
        keys.consumers,
        keys.stats,
      ],
      args,
    };
  },
  parse(reply) {
    if (reply === null) return { status: 'lost' };
    const [now, active, inHandoff, suspect, elements] = reply as Answer;
    return {
      status: 'held',
      now,
      active,
      inHandoff,
      suspect: suspect ? Slice.of(suspect) : undefined,
      elements: Array.isArray(elements) ? elements.map(Slice.of) : unpackElements(elements),
    };
  },
});
