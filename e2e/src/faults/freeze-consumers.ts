import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../eventually.js';
import { Standalone } from '../servers/standalone.js';
import type { Fault } from './fault.js';
import { between, oneOf } from './random.js';

const leaseMs = 500;

export const freezeConsumers: Fault = {
  name: 'freeze-consumers',
  does: 'SIGSTOP of consumers for longer than their leases, then SIGCONT',
  proof: 'each process was in state T, and one was told afterwards that its lease is lost',
  costs: 'messages that they had in work are handled once more; their stale acks change nothing',
  mayRepeat: true,
  everyMs: [100, 400],
  workload: { leaseMs, consumer: { handleMs: 20 } },
  target: 'processes',
  server: () => Standalone.start(),

  async inject({ system, workload, random }) {
    const { consumers, orderedConsumer } = workload;
    const sleeper = oneOf(random, consumers.members);
    const frozenMs = between(random, [leaseMs * 1.5, leaseMs * 3]);
    // A consumer that holds no messages has no lease to lose, and the one of the ordered queue seldom holds
    // any.
    const { log } = system;
    const before = log.count('started', sleeper.name);
    await eventually(() => log.count('started', sleeper.name) > before);
    const sleepers = [sleeper, ...orderedConsumer.members];
    await Promise.all(sleepers.map((each) => system.freeze(each, () => pause(frozenMs))));
    return sleepers.length;
  },

  check({ system: { log } }) {
    const refusals = log.all('ack-refused').map(({ code }) => code);
    const others = refusals.filter((code) => code !== 'LEASE_LOST');
    return [
      ...(log.count('lost') > 0 ? [] : ['no consumer was told that its lease is lost']),
      ...(others.length === 0 ? [] : [`stale acks were refused with ${others.join(', ')}`]),
    ];
  },
};
