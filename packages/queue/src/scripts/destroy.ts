import { type Connection, defineScript, type NamesOf } from '@redpost/core';
import { clockPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import source from './destroy.lua';
import dropOutboxesSource from './drop-outboxes.lua';
import { forgetKeysPart, memberPart, waitingPart } from './parts/parts.js';
import { keysAtOnce } from './purge.js';
import { debouncedKeys, flowArgs, namedKeys, placeKeys } from './script-keys.js';

/** How many messages were deleted with their queue. */
export interface DestroyResult {
  pending: number;
  active: number;
  delayed: number;
  dead: number;
}

/** How the destruction of a queue is watched and ended. */
export interface DestroyOptions {
  /** Ends it after the current part. What was deleted until then stays deleted, and the queue with the rest is still there. */
  signal?: AbortSignal | undefined;
  /** Called after each part but the last one, with how many pending messages were deleted so far. */
  onProgress?: ((deleted: { pending: number }) => void) | undefined;
}

export const destroyOptionNames: NamesOf<DestroyOptions> = { signal: true, onProgress: true };

/** Deletes the empty outboxes of a queue. */
const dropOutboxes = defineScript<{ keys: QueueKeys }, undefined>({
  name: 'drop-outboxes',
  keys: namedKeys('outboxes'),
  args: { outbox_prefix: ({ keys }) => keys.outbox },
  lua: dropOutboxesSource,
  parse: () => undefined,
});

const destroyScript = defineScript<
  { keys: QueueKeys },
  DestroyResult & { hasMore: boolean; hasOutboxes: boolean }
>({
  name: 'destroy',
  uses: [clockPart, waitingPart, forgetKeysPart, memberPart],
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
    ...placeKeys,
    'members',
    'flows',
    'flowQueues',
  ),
  args: {
    ...flowArgs,
    inbox: ({ keys }) => keys.inbox,
    outboxes: ({ keys }) => keys.outboxes,
    most: () => keysAtOnce,
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
    const [pending, active, delayed, dead, more] = reply as number[] as [
      number,
      number,
      number,
      number,
      number,
    ];
    return { pending, active, delayed, dead, hasMore: more === 1, hasOutboxes: more === 2 };
  },
});

/** Deletes one list of a queue. Tells what it has deleted, and whether that was all. @param relay sends what is left in its outboxes. */
export async function destroy(
  connection: Connection,
  keys: QueueKeys,
  relay: () => Promise<void>,
  { signal, onProgress }: DestroyOptions = {},
): Promise<{ deleted: DestroyResult; isThrough: boolean }> {
  let before = 0;
  for (;;) {
    const { hasMore, hasOutboxes, ...deleted } = await connection.run(destroyScript, { keys });
    if (hasOutboxes) {
      await relay();
      await connection.run(dropOutboxes, { keys });
    }
    before += deleted.pending;
    const soFar = { ...deleted, pending: before };
    if (!hasMore || signal?.aborted) return { deleted: soFar, isThrough: !hasMore };
    onProgress?.({ pending: before });
  }
}
