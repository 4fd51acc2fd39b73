import { Standalone } from '../servers/standalone.js';
import type { Fault } from './fault.js';
import { oneOf } from './random.js';

export const killConsumers: Fault = {
  name: 'kill-consumers',
  does: 'SIGKILL of a consumer every 200 to 1000 ms; each is replaced',
  proof: 'the process ended by SIGKILL',
  costs: 'messages that it had in work are handled once more',
  mayRepeat: true,
  everyMs: [200, 1000],
  workload: { consumers: 3, consumer: { handleMs: 5 } },
  target: 'processes',
  server: () => Standalone.start(),

  async inject({ system, workload, random }) {
    const { consumers, orderedConsumer } = workload;
    const victim = oneOf(random, [...consumers.members, ...orderedConsumer.members]);
    await system.kill(victim);
    return 1;
  },
};
