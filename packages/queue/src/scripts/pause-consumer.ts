import { defineScript } from '@redpost/core';
import { clockPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import confirmedSource from './confirmed.lua';
import { consumerPausesPart, shapePart } from './parts/parts.js';
import pauseSource from './pause-consumer.lua';
import resumeSource from './resume-consumer.lua';
import { namedKeys } from './script-keys.js';

export interface ConsumerInput {
  keys: QueueKeys;
  consumer: string;
}

const args = {
  consumer: ({ consumer }: ConsumerInput) => consumer,
  signal: ({ keys }: ConsumerInput) => keys.signal,
};

/** Its result is false when no consumer of this name holds a lease. */
export const pauseConsumer = defineScript<ConsumerInput & { reason: string | undefined }, boolean>({
  name: 'pause-consumer',
  uses: [clockPart, shapePart],
  keys: namedKeys('shape', 'seen', 'consumers'),
  args: { ...args, reason: ({ reason = '' }) => reason },
  lua: pauseSource,
  parse: (reply) => reply === 1,
});

/** Its result is false when the consumer was not paused. */
export const resumeConsumer = defineScript<ConsumerInput, boolean>({
  name: 'resume-consumer',
  uses: [clockPart, shapePart, consumerPausesPart],
  keys: namedKeys('shape', 'seen'),
  args,
  lua: resumeSource,
  parse: (reply) => reply === 1,
});

/** Whether a consumer has confirmed the shape that the queue has now; undefined when it is gone. */
export const confirmed = defineScript<ConsumerInput, boolean | undefined>({
  name: 'confirmed',
  uses: [clockPart, shapePart],
  keys: namedKeys('shape', 'seen', 'consumers'),
  args,
  lua: confirmedSource,
  parse: (reply) => (reply === -1 ? undefined : reply === 1),
});
