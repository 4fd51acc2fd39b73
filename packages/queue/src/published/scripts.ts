import type { Script } from '@redpost/core';
import { addDead } from '../scripts/add-dead.js';
import { deadLetter } from '../scripts/dead-letter.js';
import { fetch } from '../scripts/fetch.js';
import { finish } from '../scripts/finish.js';
import { plainLease, shapedLease } from '../scripts/lease.js';
import { leave } from '../scripts/leave.js';
import { promote } from '../scripts/promote.js';
import { reclaim } from '../scripts/reclaim.js';
import { recover } from '../scripts/recover.js';
import { release } from '../scripts/release.js';
import { renew } from '../scripts/renew.js';
import { retry } from '../scripts/retry.js';
import { send, sendPlaced } from '../scripts/send.js';
import { sendBounded } from '../scripts/send-bounded.js';
import { sendConditional } from '../scripts/send-conditional.js';
import { sendOnce } from '../scripts/send-once.js';

/** A script that clients in other languages use. */
export interface PublishedScript {
  script: Script<never, unknown>;
  /** The name of its file in `src/scripts`, whose beginning says what it does. */
  source: string;
}

/** By the names of the files that the package has of them: see tooling/published-scripts.ts. */
export const published: Readonly<Record<string, PublishedScript>> = {
  'add-dead': { script: addDead, source: 'add-dead' },
  'dead-letter': { script: deadLetter, source: 'dead-letter' },
  fetch: { script: fetch, source: 'fetch' },
  finish: { script: finish, source: 'finish' },
  lease: { script: plainLease, source: 'lease' },
  'lease-shaped': { script: shapedLease, source: 'lease' },
  leave: { script: leave, source: 'leave' },
  promote: { script: promote, source: 'promote' },
  reclaim: { script: reclaim, source: 'reclaim' },
  recover: { script: recover, source: 'recover' },
  release: { script: release, source: 'release' },
  renew: { script: renew, source: 'renew' },
  retry: { script: retry, source: 'retry' },
  send: { script: send, source: 'send' },
  'send-bounded': { script: sendBounded, source: 'send-bounded' },
  'send-conditional': { script: sendConditional, source: 'send-conditional' },
  'send-once': { script: sendOnce, source: 'send-once' },
  'send-placed': { script: sendPlaced, source: 'send' },
};
