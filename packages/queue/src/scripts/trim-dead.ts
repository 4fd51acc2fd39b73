import { defineScript } from '@redpost/core';
import type { QueueKeys } from '../keys.js';
import { deadLettersPart } from './parts/parts.js';
import { namedKeys } from './script-keys.js';
import source from './trim-dead.lua';

/** True when there may be more dead letters above the bounds. */
export const trimDead = defineScript<{ keys: QueueKeys }, boolean>({
  name: 'trim-dead',
  uses: [deadLettersPart],
  keys: namedKeys('dead', 'shape', 'stats'),
  lua: source,
  parse: (reply) => reply === 1,
});
