import { type ConsumerInfo, defineScript } from '@redpost/core';
import { readConsumers } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import { consumerPauseOf, type Paused } from '../shape/shape.js';
import source from './consumers.lua';
import { namedKeys } from './script-keys.js';

/** A consumer of a queue. */
export interface QueueConsumerInfo extends ConsumerInfo {
  /** Since when and why it is paused by `pauseConsumer()`; undefined when it is not. A pause of the queue is none of it. */
  paused: Paused | undefined;
}

/** Tells of each consumer that holds a lease. */
export const consumersScript = defineScript<{ keys: QueueKeys }, QueueConsumerInfo[]>({
  name: 'consumers',
  keys: namedKeys('consumers', 'shape'),
  args: {
    registration_prefix: ({ keys }) => keys.registration(''),
    active_prefix: ({ keys }) => keys.active(''),
    batches_prefix: ({ keys }) => keys.batches(''),
    handoff_prefix: ({ keys }) => keys.handoff(''),
  },
  lua: source,
  looksFirst: () => true,
  parse(reply) {
    const pauses = (reply as Buffer[][]).map(([, , , , pause]) => String(pause));
    return readConsumers(reply).map((info, at) => {
      const pause = pauses[at];
      return { ...info, paused: pause ? consumerPauseOf(pause) : undefined };
    });
  },
});
