import { type Connection, defineScript } from '@redpost/core';
import { clockPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import source from './destroy.lua';
import { forgetKeysPart, waitingPart } from './parts/parts.js';
import { keysAtOnce } from './purge.js';
import { debouncedKeys, namedKeys, placeArgs, placeKeys } from './script-keys.js';

/** How many messages were deleted with their queue. */
export interface DestroyResult {
  pending: number;
  active: number;
  delayed: number;
  dead: number;
}

const destroyScript = defineScript<{ keys: QueueKeys }, DestroyResult & { hasMore: boolean }>({
  name: 'destroy',
  uses: [clockPart, waitingPart, forgetKeysPart],
  keys: namedKeys(
    'list',
    'delayed',
    'dead',
    'consumers',
    'once',
    ...debouncedKeys,
    'stats',
    'series',
    'history',
    'historyEnds',
    'holders',
    'rate',
    'schedules',
    'scheduleSpecs',
    'scheduleStates',
    'outboxes',
    'inbox',
    ...placeKeys,
  ),
  args: {
    ...placeArgs,
    most: () => keysAtOnce,
    outbox_prefix: ({ keys }) => keys.outbox,
    labels_prefix: ({ keys }) => keys.labels(''),
    onces_prefix: ({ keys }) => keys.onces(''),
    cancelled_prefix: ({ keys }) => keys.cancelled(''),
    registration_prefix: ({ keys }) => keys.registration(''),
    active_prefix: ({ keys }) => keys.active(''),
    batches_prefix: ({ keys }) => keys.batches(''),
    handoff_prefix: ({ keys }) => keys.handoff(''),
  },
  lua: source,
  looksFirst: () => true,
  parse(reply) {
    const [pending, active, delayed, dead, hasMore] = reply as number[] as [
      number,
      number,
      number,
      number,
      number,
    ];
    return { pending, active, delayed, dead, hasMore: hasMore === 1 };
  },
});

/** Deletes a queue. */
export async function destroy(connection: Connection, keys: QueueKeys): Promise<DestroyResult> {
  let before = 0;
  for (;;) {
    const { hasMore, ...deleted } = await connection.run(destroyScript, { keys });
    if (!hasMore) return { ...deleted, pending: before + deleted.pending };
    before += deleted.pending;
  }
}
