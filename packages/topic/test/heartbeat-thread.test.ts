import type { Worker } from 'node:worker_threads';
import { connect } from '@redpost/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { Topic } from '../src/index.js';
import { type TestTopic, useTopics } from './support/topics.js';

const redis = useTopics();
const leaseMs = 400;

describe('a heartbeat from a thread', () => {
  const heartbeats = async ({ connection }: TestTopic<number>) =>
    String(await connection.call('CLIENT', ['LIST'])).split('name=redpost:heartbeat:').length - 1;

  it('is one thread for all members and partitions, which ends with the last consumer', async () => {
    const topic = redis.topic<number>({ partitions: 4 });
    const options = { heartbeat: 'thread' } as const;
    const group = topic.group('g');
    const consumers = [group.consume(() => {}, options), group.consume(() => {}, options)];
    await eventually(() => consumers.every(({ partitions }) => partitions.length === 2));
    await eventually(async () => (await heartbeats(topic)) === 1);

    await consumers[0]?.stop();
    expect(await heartbeats(topic)).toBe(1);
    await consumers[1]?.stop();

    await eventually(async () => (await heartbeats(topic)) === 0);
  });

  it('also works for forward', async () => {
    const topic = redis.topic<number>();
    const queue = { name: 'q', send: async () => {} };
    const consumer = topic.forward(queue, { heartbeat: 'thread', maxBlockedMs: 60_000 });

    await eventually(async () => (await heartbeats(topic)) === 1);
    await consumer.stop();
  });

  it('is started again when its thread ends', async () => {
    const threads: Worker[] = [];
    const started = (thread: Worker) => threads.push(thread);
    process.on('worker', started);
    onTestFinished(() => void process.off('worker', started));
    const topic = redis.topic<number>({ partitions: 2 });
    const errors: string[] = [];
    const consumer = topic.group('g').consume(() => {}, { leaseMs, heartbeat: 'thread' });
    consumer.on('error', ({ message }) => errors.push(message));
    await eventually(() => consumer.partitions.length === 2);
    await eventually(async () => (await heartbeats(topic)) === 1);

    await threads[0]?.terminate();

    await eventually(() => threads.length === 2);
    await eventually(async () => (await heartbeats(topic)) === 1);
    // Each partition has a lease of its own to lose, and one of them is enough to tell.
    expect(new Set(errors)).toEqual(new Set(['The heartbeat thread ended']));
    expect(consumer.partitions).toEqual([0, 1]);
  });

  it('is rejected for a connection whose options cannot be passed to a thread', async () => {
    const retryStrategy = () => 50;
    const connection = connect({ port: 1, password: 'secret', retryStrategy, lazyConnect: true });
    onTestFinished(() => connection.close());
    const topic = new Topic<number>('t', { connection });
    const message = /^A thread .* leave out retryStrategy$/;

    expect(() => topic.group('g').consume(() => {}, { heartbeat: 'thread' })).toThrow(message);
    const queue = { name: 'q', send: async () => {} };
    expect(() => topic.forward(queue, { heartbeat: 'thread' })).toThrow(message);
  });
});
