import type { ConnectOptions } from '@redpost/core';
import { eventually } from '../eventually.js';
import type {
  ConsumerSettings,
  ProducerSettings,
  SystemUnderTest,
} from '../processes/system-under-test.js';
import type { Server } from '../servers/server.js';
import type { ProcessPool } from './process-pool.js';

/** The producers and consumers that work while a fault is injected. */
export interface WorkloadOptions {
  /** How many consumers share the work. Default 2. */
  consumers?: number;
  consumer?: ConsumerSettings;
  /** How many producers. Default 1. */
  producers?: number;
  producer?: ProducerSettings;
  /** Every consumer's lease, in ms. Default 1000. */
  leaseMs?: number;
  /** For every producer: the deadline of a send, in ms. Default 2000. */
  sendTimeoutMs?: number;
  /** How many replicas a send waits for. Default 0. */
  replicas?: number;
  /** Options of every connection. Default: redpost's. */
  connection?: ConnectOptions;
}

export const defaultSendTimeoutMs = 2000;
export const defaultLeaseMs = 1000;

/** The shared work is a topic and a consumer group of it. Without partitions, keys have no order there. */
export const onTopic: WorkloadOptions = {
  consumer: { topic: true, queue: 'topic' },
  producer: { topic: true, queue: 'topic', keyEvery: 0 },
};

/** The queue with one producer, and one consumer that handles one message at a time: it shows the order. */
const orderedQueue = 'ordered';

/** The processes of a system: producers and consumers that share one queue, and a pair that keeps the order. */
export class Workload {
  readonly consumers: ProcessPool;
  readonly producers: ProcessPool;
  readonly orderedConsumer: ProcessPool;
  readonly orderedProducer: ProcessPool;

  constructor(system: SystemUnderTest<Server>, load: WorkloadOptions) {
    const { leaseMs = defaultLeaseMs, sendTimeoutMs = defaultSendTimeoutMs } = load;
    const connection = load.connection ?? {};
    const { replicas = 0 } = load;
    const producer = { connection, burst: 5, everyMs: 10, handleMs: 2, sendTimeoutMs, replicas };
    // The load uses every script: consumers are idle now and then, and messages fail, are delayed, have keys or priorities.
    const variety = { failEvery: 11, delayEvery: 9, keyEvery: 3, keys: 7, priorityEvery: 5 };
    this.consumers = system.consumers(load.consumers ?? 2, {
      connection,
      settle: 'ack',
      ...load.consumer,
      consume: { concurrency: 10, leaseMs, ...load.consumer?.consume },
    });
    this.producers = system.producers(load.producers ?? 1, {
      ...producer,
      ...variety,
      ...load.producer,
    });
    this.orderedConsumer = system.consumers(1, {
      connection,
      queue: orderedQueue,
      consume: { leaseMs },
    });
    this.orderedProducer = system.producers(1, { ...producer, queue: orderedQueue, burst: 2 });
  }

  /** Resolves when messages get through. */
  async isWorking(system: SystemUnderTest<Server>): Promise<void> {
    const pools = [
      this.orderedConsumer,
      ...(this.producers.members.length > 0 ? [this.consumers] : []),
    ];
    const areWorking = () =>
      pools.every(({ members }) =>
        members.every(({ name }) => system.log.count('handled', name) > 0),
      );
    await eventually(areWorking, { describe: () => 'every consumer has handled something' });
  }

  /**
   * Waits until the producers have finished, then until all work is done, and then until the consumers have
   * finished.
   */
  async finish(system: SystemUnderTest<Server>): Promise<void> {
    await Promise.all([this.producers.stop(), this.orderedProducer.stop()]);
    await system.quiet();
    await Promise.all([this.consumers.stop(), this.orderedConsumer.stop()]);
    await system.quiet();
  }

  /** Whether a message belongs to the ordered queue, by its key. */
  isOrdered(key: string): boolean {
    return this.orderedProducer.all.some(({ name }) => key.startsWith(`${name}-`));
  }
}
