import { type Argument, defineScript } from '@redpost/core';
import { mostBytesLua } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import { unpackElements } from '../message/packed-elements.js';
import { Slice } from '../message/slice.js';
import type { Acknowledged, Leased } from '../store/acknowledgements.js';
import acknowledge from './acknowledge.lua';
import batches from './batches.lua';
import clock from './clock.lua';
import source from './lease.lua';
import take from './take.lua';

export interface LeaseInput {
  keys: QueueKeys;
  consumer: string;
  /** The end of the list that elements are taken from. */
  from: 'LEFT' | 'RIGHT';
  /** How many elements to lease. */
  count: number;
  /** Whether Redis may keep them as one batch, if they come packed and are several. */
  asBatch: boolean;
  /** Whether a suspect may be among them. */
  withSuspect: boolean;
  /** The receipt of the first leased element; the others get the following ones. */
  firstReceipt: number;
  /** The receipt to give to the element that a blocking move has just brought. */
  handedOff: number | undefined;
  /** What has been settled. */
  acked: Pick<Acknowledged<Leased>, 'batches' | 'receipts' | 'expired'>;
}

export type LeaseResult =
  /** Nothing was done: the consumer's lease had run out. */
  | { status: 'lost' }
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
    };

export const lease = defineScript<LeaseInput, LeaseResult>({
  name: 'lease',
  lua: clock + batches + acknowledge + mostBytesLua + take + source,
  looksFirst: ({ acked, handedOff }) =>
    acked.batches.length + acked.receipts.length === 0 && handedOff === undefined,
  encode({ keys, consumer, from, acked, ...input }) {
    const args: Argument[] = [
      consumer,
      from === 'RIGHT' ? 'RPOP' : 'LPOP',
      input.count,
      input.asBatch ? 1 : 0,
      input.withSuspect ? 1 : 0,
      input.firstReceipt,
      input.handedOff ?? '',
      acked.expired,
      acked.batches.length,
    ];
    for (const { first, count } of acked.batches) args.push(`${first}:${count}`);
    for (const receipt of acked.receipts) args.push(receipt);
    return {
      keys: [
        keys.list,
        keys.active(consumer),
        keys.batches(consumer),
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
    const [now, suspect, elements, isCut] = reply as LeaseReply;
    return {
      status: 'held',
      now,
      suspect: suspect ? Slice.of(suspect) : undefined,
      elements: Array.isArray(elements) ? elements.map(Slice.of) : unpackElements(elements),
      isPacked: !Array.isArray(elements),
      isCut: isCut === 1,
    };
  },
});

type LeaseReply = [now: number, suspect: Buffer | null, elements: Buffer | Buffer[], isCut?: 1];
