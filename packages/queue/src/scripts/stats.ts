import { defineScript } from '@redpost/core';
import { clockPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import { type Shape, shapeOf } from '../shape/shape.js';
import { waitingPart } from './parts/parts.js';
import { namedKeys, placeArgs, placeKeys } from './script-keys.js';
import source from './stats.lua';

export interface StatsResult {
  pending: number;
  delayed: number;
  dead: number;
  /** As in the ZSET: former ones have a leading `~`. */
  consumers: string[];
  counters: Record<string, number>;
  /** A pause whose time is up may still be in it. */
  shape: Shape;
  /** The server's time, in ms since 1970. */
  now: number;
  /** How many wait at each priority from 0 on; empty where no message had one yet. */
  byPriority: number[];
  schedules: number;
  outbox: {
    /** How many entries wait in the outboxes. */
    pending: number;
    /** Since when the oldest one waits, in ms since 1970; undefined for none. */
    since: number | undefined;
  };
  /** How many flows continue in this queue and are not over. */
  flows: number;
}

type Answer = [
  ...[pending: number, delayed: number, dead: number, consumers: Buffer[], counters: Buffer[]],
  ...[shape: Buffer[], now: number, byPriority: number[], schedules: number, outbox: OutboxAnswer],
  flows: number,
];
type OutboxAnswer = [pending: number, oldest: Buffer];

export const stats = defineScript<{ keys: QueueKeys }, StatsResult>({
  name: 'stats',
  uses: [clockPart, waitingPart],
  keys: namedKeys(
    'list',
    'delayed',
    'debounced',
    'dead',
    'consumers',
    'stats',
    'schedules',
    'outboxes',
    'flows',
    ...placeKeys,
  ),
  args: { ...placeArgs, outbox_prefix: ({ keys }) => keys.outbox },
  lua: source,
  looksFirst: () => true,
  parse(reply) {
    const [pending, delayed, dead, consumers, fields, shape, now, ...more] = reply as Answer;
    const [byPriority, schedules, outbox, flows] = more;
    const counters: Record<string, number> = {};
    for (let at = 0; at < fields.length; at += 2) {
      counters[String(fields[at])] = Number(fields[at + 1]);
    }
    const names = consumers.map(String);
    return {
      pending,
      delayed,
      dead,
      consumers: names,
      counters,
      shape: shapeOf(shape),
      now,
      byPriority,
      schedules,
      outbox: outboxOf(outbox),
      flows,
    };
  },
});

function outboxOf([pending, oldest]: OutboxAnswer): StatsResult['outbox'] {
  // The id of an entry begins with its time.
  return { pending, since: pending > 0 ? Number.parseInt(String(oldest), 10) : undefined };
}
