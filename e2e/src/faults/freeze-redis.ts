import { setTimeout as pause } from 'node:timers/promises';
import { Standalone } from '../servers/standalone.js';
import type { Fault } from './fault.js';

export const freezeRedis: Fault = {
  name: 'freeze-redis',
  does: 'SIGSTOP of Redis for 10 s (1.5 s in a short run), then SIGCONT',
  proof: 'the process was in state T, and sends were rejected with TIMEOUT',
  costs: 'sends reject by their deadline; leases that run out meanwhile cost duplicates',
  mayRepeat: true,
  everyMs: [500, 2000],
  workload: { sendTimeoutMs: 500 },
  target: 'server',
  server: () => Standalone.start(),

  async inject({ system: { log, server }, ms }) {
    const frozenMs = ms < 10_000 ? 1500 : 10_000;
    await log.during('Redis SIGSTOP', undefined, () => server.freeze(() => pause(frozenMs)));
    return 1;
  },

  check({ system: { log } }) {
    const codes = new Set(log.all('sent').flatMap(({ code }) => code ?? []));
    return codes.has('TIMEOUT') ? [] : ['no send was rejected with TIMEOUT'];
  },
};
