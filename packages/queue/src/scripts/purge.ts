import { type Connection, defineScript, type NamesOf } from '@redpost/core';
import { clockPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import { forgetKeysPart, labelPart, memberPart, oncePart, waitingPart } from './parts/parts.js';
import source from './purge.lua';
import {
  debouncedKeys,
  memberArgs,
  memberKeys,
  namedKeys,
  placeArgs,
  placeKeys,
} from './script-keys.js';

/** How many messages were deleted. */
export interface PurgeResult {
  pending: number;
  delayed: number;
}

/** How a purge is watched and ended. */
export interface PurgeOptions {
  /** Ends it after the current part. What was deleted until then stays deleted. */
  signal?: AbortSignal | undefined;
  /** Called after each part, with what was deleted so far. */
  onProgress?: ((deleted: PurgeResult) => void) | undefined;
}

export const purgeOptionNames: NamesOf<PurgeOptions> = { signal: true, onProgress: true };

/** Of how many keys one script deletes the messages: it holds up everything else meanwhile. */
export const keysAtOnce = 1000;

const purgeScript = defineScript<{ keys: QueueKeys }, PurgeResult & { hasMore: boolean }>({
  name: 'purge',
  uses: [clockPart, waitingPart, forgetKeysPart, labelPart, oncePart, memberPart],
  keys: namedKeys(
    'list',
    'delayed',
    'consumers',
    'once',
    ...debouncedKeys,
    ...placeKeys,
    ...memberKeys,
  ),
  args: {
    ...placeArgs,
    ...memberArgs,
    active_prefix: ({ keys }) => keys.active(''),
    batches_prefix: ({ keys }) => keys.batches(''),
    labels_prefix: ({ keys }) => keys.labels(''),
    onces_prefix: ({ keys }) => keys.onces(''),
    handoff_prefix: ({ keys }) => keys.handoff(''),
    most: () => keysAtOnce,
  },
  lua: source,
  looksFirst: () => true,
  parse(reply) {
    const [pending, delayed, hasMore] = reply as [number, number, number];
    return { pending, delayed, hasMore: hasMore === 1 };
  },
});

/** Deletes all messages that wait in one list of a queue. @param total what was deleted before, to which this is added. */
export async function purge(
  connection: Connection,
  keys: QueueKeys,
  { signal, onProgress }: PurgeOptions = {},
  total: PurgeResult = { pending: 0, delayed: 0 },
): Promise<PurgeResult> {
  for (;;) {
    const { pending, delayed, hasMore } = await connection.run(purgeScript, { keys });
    total.pending += pending;
    total.delayed += delayed;
    onProgress?.({ ...total });
    if (!hasMore || signal?.aborted) return total;
  }
}
