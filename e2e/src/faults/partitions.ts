import { setTimeout as pause } from 'node:timers/promises';
import { partitionsOf, repartition } from '../processes/repartition.js';
import { defaultLeaseMs } from '../processes/workload.js';
import { Clustered } from '../servers/clustered.js';
import { Standalone } from '../servers/standalone.js';
import type { Fault } from './fault.js';
import { between, fork, oneOf } from './random.js';

const partitions = 3;

/** The writes that had not reached the replica when a master died, in ms. */
const forgets = { forgetsMs: 1000, leaseMs: defaultLeaseMs };

export const partitionsFailover: Fault<Clustered> = {
  name: 'partitions-failover',
  does: 'SIGKILL of the master that has one of the three partitions of the queue, another one each time; its replica takes over',
  proof: 'the Cluster says that another node has the slot',
  costs: 'writes that the master had answered and not yet sent to its replica are lost',
  mayRepeat: true,
  everyMs: [500, 2000],
  partitions,
  server: () => Clustered.start(),

  async inject({ system: { log, server, queue }, random }) {
    await server.isSafe();
    const partition = oneOf(random, await partitionsOf(queue));
    const kill = () => server.killMasterOf(partition);
    const killed = await log.during('failover', undefined, kill, forgets);
    await killed.restore();
    return 1;
  },
};

export const partitionsMigrate: Fault<Clustered> = {
  name: 'partitions-migrate',
  does: 'the slot of one of the three partitions of the queue moves to another master under load, key by key; on Valkey 9 also in one piece',
  proof: 'the keys that were moved',
  costs: 'nothing but time',
  mayRepeat: false,
  everyMs: [200, 1000],
  workload: { leaseMs: 15_000 },
  partitions,
  server: () => Clustered.start(),

  async inject({ system: { log, server, queue }, random }) {
    const partition = oneOf(random, await partitionsOf(queue));
    const migrate = () => server.migrateSlotOf(partition, random);
    return (await log.during('migration', undefined, migrate)) > 0 ? 1 : 0;
  },
};

/** How long to wait before each key that moves, in ms: all of them take about as long as the failover. */
const betweenKeysMs = [0, 150] as const;

export const partitionsBoth: Fault<Clustered> = {
  name: 'partitions-both',
  does: 'SIGKILL of the master that has one of the three partitions of the queue, while the slot of another one moves key by key from the second master to the third: the one that dies neither gives nor gets a slot, as nothing could end that',
  proof: 'the Cluster says that another node has the slot, and the keys that were moved',
  costs: 'writes that the master had answered and not yet sent to its replica are lost',
  mayRepeat: true,
  everyMs: [500, 2000],
  partitions,
  server: () => Clustered.start(),

  async inject({ system: { log, server, queue }, random }) {
    await server.isSafe();
    const [moving, dying] = await twoApart(server, await partitionsOf(queue), random);
    const betweenKeys = () => pause(between(random, betweenKeysMs));
    const migrate = await server.migrationBeside(dying, moving, betweenKeys);
    const kill = () => server.killMasterOf(dying);
    const [moved, killed] = await Promise.all([
      log.during('migration', undefined, migrate),
      log.during('failover', undefined, kill, forgets),
    ]);
    await killed.restore();
    return moved > 0 ? 1 : 0;
  },
};

/** Two partitions that different masters have. */
async function twoApart(
  server: Clustered,
  lists: readonly string[],
  random: () => number,
): Promise<[string, string]> {
  const masters = new Map<string, number>();
  for (const list of lists) masters.set(list, await server.portOf(list));
  const first = oneOf(random, lists);
  const others = lists.filter((list) => masters.get(list) !== masters.get(first));
  return [first, oneOf(random, others)];
}

export const partitionsChange: Fault = {
  name: 'partitions-change',
  does: 'the number of partitions changes again and again, from 2 to 6, while consumers are killed with SIGKILL and replaced; a minute between two changes counts as over as soon as every producer knows of the first one',
  proof: 'the queue says the new number, and a process ended by SIGKILL',
  costs: 'messages that a killed consumer had in work are handled once more',
  mayRepeat: true,
  everyMs: [0, 200],
  workload: {
    consumers: 3,
    consumer: { handleMs: 5 },
    producers: 2,
    // Fewer than are handled, or keys would never be without a message.
    producer: { everyMs: 40, learnEveryMs: [50, 500] },
  },
  partitions,
  server: () => Standalone.start({ persistence: 'aof-always' }),

  async inject({ system, workload, random }) {
    const { count } = await system.queue.partitions.get();
    const next = oneOf(
      random,
      [2, 3, 4, 5, 6].filter((other) => other !== count),
    );
    const chances = fork(random);
    let isThrough = false;
    const change = repartition(system, [workload.producers], next).finally(() => {
      isThrough = true;
    });
    const killAll = async () => {
      do {
        const { consumers, orderedConsumer } = workload;
        await system.kill(oneOf(chances, [...consumers.members, ...orderedConsumer.members]));
        await pause(between(chances, [200, 1000]));
      } while (!isThrough);
    };
    await Promise.all([change, killAll()]);
    return 1;
  },
};
