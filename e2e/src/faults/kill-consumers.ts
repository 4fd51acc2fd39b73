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
  load: { consumers: 3, consumer: { handleMs: 5 } },
  target: 'processes',
  server: () => Standalone.start(),

  async strike({ trial, workforce, random }) {
    const { consumers, laneConsumer } = workforce;
    const victim = oneOf(random, [...consumers.members, ...laneConsumer.members]);
    await trial.kill(victim);
    return 1;
  },
};
