import { eventually } from '../eventually.js';
import { onTopic } from '../processes/workload.js';
import { Standalone } from '../servers/standalone.js';
import type { Fault } from './fault.js';
import { oneOf } from './random.js';

export const topicPartitionsChange: Fault = {
  name: 'topic-partitions-change',
  does: 'the producers of a topic change the number of its partitions again and again, from 1 to 6, while they and members of a group are killed with SIGKILL, also in the middle of a change, and replaced',
  proof: 'a change has come to its end, and a process ended by SIGKILL',
  costs:
    'records that a killed member had in work are handled once more, and publishes that a killed producer had begun may have no effect',
  mayRepeat: true,
  everyMs: [0, 300],
  workload: {
    consumers: 3,
    consumer: { ...onTopic.consumer, handleMs: 5 },
    producers: 2,
    producer: { ...onTopic.producer, everyMs: 20, keyEvery: 2, changeEveryMs: [0, 400] },
  },
  partitions: 2,
  server: () => Standalone.start({ persistence: 'aof-always' }),

  async inject({ system, workload, random }) {
    const { log } = system;
    const changes = log.count('divided');
    const victims = [...workload.consumers.members, ...workload.producers.members];
    await system.kill(oneOf(random, victims));
    await eventually(() => log.count('divided') > changes, {
      describe: () => 'the number of partitions has changed once more',
    });
    return 1;
  },
};
