import { type Argument, defineScript } from '@redpost/core';
import type { Limit } from '../limiting/limit.js';
import source from './limit.lua';
import { gcraPart } from './parts/parts.js';

/** A moment that is reserved for the start of something, by its number among all of the limiter. */
export interface Reservation {
  number: number;
  /** What it has added to the backlog, in the unit of `gcra.lua`. */
  added: number;
}

export interface LimitInput {
  key: string;
  limit: Limit;
  /** How far ahead to reserve places; the first one may be at any time. */
  aheadUs: number;
  /** To return, if possible; the last one first. */
  returned: readonly Reservation[];
  acquisitions: readonly { count: number; patienceUs: number }[];
}

/** What became of an acquisition: it may start in so long, and has reserved that or not. */
export interface LimitAnswer {
  waitUs: number;
  /** Undefined when the wait is longer than its patience. */
  reservation: Reservation | undefined;
}

/** Answers for the first ones only, when the places of the others would be too far ahead. */
export const limit = defineScript<LimitInput, LimitAnswer[]>({
  name: 'limit',
  uses: [gcraPart],
  keys: { limiter: ({ key }) => key },
  args: {
    max: ({ limit }) => limit.max,
    burst: ({ limit }) => limit.burst,
    per_us: ({ limit }) => limit.perUs,
    ahead_us: ({ aheadUs }) => aheadUs,
    returned: ({ returned }) => returned.length,
  },
  rest({ returned, acquisitions }) {
    const args: Argument[] = [];
    for (const { number, added } of returned) args.push(number, added);
    for (const { count, patienceUs } of acquisitions) args.push(count, patienceUs);
    return args;
  },
  lua: source,
  looksFirst: () => true,
  parse(reply) {
    const [before, ...pairs] = reply as number[];
    let number = before as number;
    return Array.from({ length: pairs.length / 2 }, (_, at) => {
      const [waitUs, added] = pairs.slice(2 * at, 2 * at + 2) as [number, number];
      if (added > 0) number += 1;
      return { waitUs, reservation: added > 0 ? { number, added } : undefined };
    });
  },
});
