import { defineScript } from '@redpost/core';
import type { QueueKeys } from '../keys.js';
import { cuttingPart, fittingPart, heldPart } from './parts/parts.js';
import type { PeekedElement } from './peek.js';
import source from './peek-held.lua';
import { namedKeys } from './script-keys.js';

interface HeldInput {
  keys: QueueKeys;
  consumer: string;
  count: number;
  maxBodyBytes: number | undefined;
}

/** What a consumer holds; the receipt is '' for a message that a blocking move has just brought. */
export type HeldElement = PeekedElement & { receipt: string };

/** Reads messages that a consumer holds. */
export const peekHeld = defineScript<HeldInput, HeldElement[]>({
  name: 'peek-held',
  uses: [fittingPart, cuttingPart, heldPart],
  keys: namedKeys('active', 'batches', 'handoff'),
  args: {
    count: ({ count }) => count,
    most_body: ({ maxBodyBytes = '' }) => maxBodyBytes,
  },
  lua: source,
  looksFirst: () => true,
  parse(reply) {
    return (reply as [Buffer, number, Buffer][]).map(([element, size, receipt]) => ({
      element,
      size,
      receipt: String(receipt),
    }));
  },
});
