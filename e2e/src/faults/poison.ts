import { eventually } from '../eventually.js';
import { Standalone } from '../servers/standalone.js';
import type { Fault } from './fault.js';
import { between } from './random.js';

const count = 10_000;
const maxAttempts = 3;

export const poison: Fault = {
  name: 'poison',
  does: `one message among ${count.toLocaleString('en')} kills every process that handles it; 4 consumers with 50 messages at a time, each replaced when it dies`,
  proof: `the message killed ${maxAttempts} processes, which is \`maxAttempts\``,
  costs: 'that message becomes a dead letter; those in work beside it are handled once more',
  mayRepeat: true,
  everyMs: [0, 0],
  workload: {
    consumers: 4,
    consumer: { handleMs: 1, consume: { concurrency: 50, leaseMs: 500, maxAttempts } },
    producers: 0,
  },
  server: () => Standalone.start(),

  async inject({ system, random }) {
    const { log } = system;
    const poisonAt = Math.floor(between(random, [1, count + 1]));
    const crashes = log.happened('poison');
    const producer = system.producer({ count, poisonAt, burst: 500, everyMs: 1, handleMs: 1 });
    await producer.done();
    await eventually(
      async () => (await system.deadLetters()).includes(`${producer.name}-${poisonAt}`),
      {
        describe: () => 'the poison is a dead letter',
      },
    );
    return log.happened('poison') - crashes;
  },

  async check({ system: { log, queue } }) {
    const poisons = log.all('sending').filter(({ isPoison }) => isPoison).length;
    const crashes = log.happened('poison');
    const letters = await queue.deadLetters.list();
    const others = letters.filter(
      ({ reason, attempt }) => reason !== 'crashed' || attempt !== maxAttempts,
    );
    return [
      ...(crashes === poisons * maxAttempts
        ? []
        : [`${poisons} messages killed ${crashes} processes`]),
      ...(others.length === 0
        ? []
        : [`a dead letter says ${others[0]?.reason}, attempt ${others[0]?.attempt}`]),
    ];
  },
};
