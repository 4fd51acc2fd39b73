import { defineScript } from '@redpost/core';
import { clockPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import { keysPart } from './parts/parts.js';
import pauseSource from './pause-key.lua';
import resumeSource from './resume-key.lua';
import { namedKeys, placeArgs, placeKeys } from './script-keys.js';

export interface KeyInput {
  keys: QueueKeys;
  key: string;
}

/** Its result is the version of the shape. */
export const pauseKey = defineScript<KeyInput & { untilMs: number | undefined }, string>({
  name: 'pause-key',
  uses: [clockPart, keysPart],
  keys: namedKeys(...placeKeys),
  args: { ...placeArgs, key: ({ key }) => key, ends: ({ untilMs }) => untilMs ?? '' },
  lua: pauseSource,
  looksFirst: ({ keys }, key) => key === keys.shape,
  parse: String,
});

/** Its result is false when the key was not paused. */
export const resumeKey = defineScript<KeyInput, boolean>({
  name: 'resume-key',
  uses: [clockPart, keysPart],
  keys: namedKeys(...placeKeys),
  args: { ...placeArgs, key: ({ key }) => key },
  lua: resumeSource,
  looksFirst: ({ keys }, key) => key === keys.shape,
  parse: (reply) => reply === 1,
});
