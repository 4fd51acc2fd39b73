import type { ConnectOptions } from '@redpost/core';
import { eventually } from '../eventually.js';
import type { ConsumerSettings, ProducerSettings, Trial } from '../faults/trial.js';
import type { Server } from '../servers/server.js';
import type { Crew } from './crew.js';

/** Who works while a fault is at work. */
export interface Load {
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

/** The crowd works at a topic and a consumer group of it. */
export const onTopic: Load = {
  consumer: { topic: true, queue: 'topic' },
  producer: { topic: true, queue: 'topic' },
};

/** The queue that one producer fills and one consumer empties, one by one: it shows the order. */
const lane = 'trial-lane';

/** The processes of a trial: a crowd, and beside it two that keep to the order. */
export class Workforce {
  readonly consumers: Crew;
  readonly producers: Crew;
  readonly laneConsumer: Crew;
  readonly laneProducer: Crew;

  constructor(trial: Trial<Server>, load: Load) {
    const { leaseMs = defaultLeaseMs, sendTimeoutMs = defaultSendTimeoutMs } = load;
    const connection = load.connection ?? {};
    const { replicas = 0 } = load;
    const producer = { connection, burst: 5, everyMs: 10, handleMs: 2, sendTimeoutMs, replicas };
    // Every script is in use: consumers are idle now and then, and messages fail or are delayed.
    const variety = { failEvery: 11, delayEvery: 9 };
    this.consumers = trial.crew(load.consumers ?? 2, {
      connection,
      settle: 'ack',
      ...load.consumer,
      consume: { concurrency: 10, leaseMs, ...load.consumer?.consume },
    });
    this.producers = trial.producers(load.producers ?? 1, {
      ...producer,
      ...variety,
      ...load.producer,
    });
    this.laneConsumer = trial.crew(1, { connection, queue: lane, consume: { leaseMs } });
    this.laneProducer = trial.producers(1, { ...producer, queue: lane, burst: 2 });
  }

  /** Resolves when messages get through. */
  async isWorking(trial: Trial<Server>): Promise<void> {
    const crews = [
      this.laneConsumer,
      ...(this.producers.members.length > 0 ? [this.consumers] : []),
    ];
    const areWorking = () =>
      crews.every(({ members }) =>
        members.every(({ name }) => trial.ledger.count('handled', name) > 0),
      );
    await eventually(areWorking, { describe: () => 'every consumer has handled something' });
  }

  /** Lets the producers finish, then all work be done, and then the consumers finish. */
  async finish(trial: Trial<Server>): Promise<void> {
    await Promise.all([this.producers.stop(), this.laneProducer.stop()]);
    await trial.quiet();
    await Promise.all([this.consumers.stop(), this.laneConsumer.stop()]);
    await trial.quiet();
  }

  /** Whether a message keeps to the order, by its key. */
  isOrdered(key: string): boolean {
    return this.laneProducer.everyone.some(({ name }) => key.startsWith(`${name}-`));
  }
}
