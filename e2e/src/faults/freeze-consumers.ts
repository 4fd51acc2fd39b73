import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../eventually.js';
import type { Fault } from '../fault.js';
import { between, oneOf } from '../random.js';
import { Standalone } from '../servers/standalone.js';

const leaseMs = 500;

export const freezeConsumers: Fault = {
  name: 'freeze-consumers',
  does: 'SIGSTOP of a consumer for longer than its lease, then SIGCONT',
  proof: 'the process was in state T, and was told afterwards that its lease is lost',
  costs: 'messages that it had in work are handled once more; its stale acks change nothing',
  mayRepeat: true,
  everyMs: [100, 400],
  load: { leaseMs, consumer: { handleMs: 20 } },
  target: 'processes',
  server: () => Standalone.start(),

  async strike({ trial, workforce, random }) {
    const { consumers, laneConsumer } = workforce;
    const sleeper = oneOf(random, [...consumers.members, ...laneConsumer.members]);
    const frozenMs = between(random, [leaseMs * 1.5, leaseMs * 3]);
    // One that holds nothing has no lease to lose.
    const { ledger } = trial;
    const before = ledger.count('started', sleeper.name);
    await eventually(() => ledger.count('started', sleeper.name) > before);
    await trial.freeze(sleeper, () => pause(frozenMs));
    return 1;
  },

  check({ trial: { ledger } }) {
    const refusals = ledger.all('ack-refused').map(({ code }) => code);
    const others = refusals.filter((code) => code !== 'LEASE_LOST');
    return [
      ...(ledger.count('lost') > 0 ? [] : ['no consumer was told that its lease is lost']),
      ...(others.length === 0 ? [] : [`stale acks were refused with ${others.join(', ')}`]),
    ];
  },
};
