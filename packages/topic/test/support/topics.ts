import { randomUUID } from 'node:crypto';
import { type Connection, type ConnectOptions, connect } from '@redpost/core';
import { type EmbeddedRedis, type StartRedisOptions, startRedis } from '@redpost/core/embedded';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { type GivenServer, givenServer } from '../../../../tooling/given-server.js';
import type { TopicRecord } from '../../src/index.js';
import { Topic, type TopicOptions } from '../../src/index.js';

/** A Redis for the topics of one file: a private one, unless one is given. */
export function useTopics(options: StartRedisOptions = {}) {
  let running: EmbeddedRedis | GivenServer | undefined;
  beforeAll(async () => {
    running = givenServer(options) ?? (await startRedis(options));
  });
  afterAll(() => running?.stop());

  const url = () => {
    if (!running) throw new Error('Redis has not been started');
    return running.url;
  };
  const connection = (connectOptions?: ConnectOptions) => openConnection(url(), connectOptions);
  return {
    get url() {
      return url();
    },
    connection,
    /** A topic that no other test uses, or another end of the one named. */
    topic<Body = unknown>(
      topicOptions: Partial<TopicOptions<Body>> & { name?: string } = {},
    ): TestTopic<Body> {
      const { name = uniqueName(), ...more } = topicOptions;
      const link = topicOptions.connection ?? connection();
      return openTopic(name, { ...more, connection: link });
    },
  };
}

export type TestTopic<Body> = Topic<Body> & { connection: Connection; errors: Error[] };

/** A topic that is closed when the test ends. Its background errors are collected. */
export function openTopic<Body>(name: string, options: TopicOptions<Body>): TestTopic<Body> {
  const topic = new Topic<Body>(name, options);
  const errors: Error[] = [];
  topic.on('error', (error) => errors.push(error));
  onTestFinished(() => topic.close());
  return Object.assign(topic, { connection: options.connection, errors });
}

export function openConnection(target: string | string[], options?: ConnectOptions): Connection {
  const connection = connect(target, options);
  connection.on('error', () => {
    // Tests that break connections on purpose look at what becomes of calls.
  });
  onTestFinished(() => connection.close());
  return connection;
}

export function uniqueName(): string {
  return `test:${randomUUID()}`;
}

/** The next `count` records. */
export async function take<Body>(
  reader: AsyncIterator<TopicRecord<Body>>,
  count: number,
): Promise<TopicRecord<Body>[]> {
  const records: TopicRecord<Body>[] = [];
  while (records.length < count) {
    const { value, done } = await reader.next();
    if (done) throw new Error(`The reading ended after ${records.length} of ${count} records`);
    records.push(value);
  }
  return records;
}

/** True when a reader waits in the server for a record. */
export async function isWaiting(connection: Connection): Promise<boolean> {
  const clients = String(await connection.call('CLIENT', ['LIST']));
  return /name=redpost:blocking .* flags=\w*b\w* .* cmd=xread/.test(clients);
}

/** Kills the sockets that wait in the server. */
export async function killWaiting(connection: Connection): Promise<void> {
  const clients = String(await connection.call('CLIENT', ['LIST'])).split('\n');
  for (const client of clients.filter((line) => line.includes('name=redpost:blocking'))) {
    const id = /^id=(\d+)/.exec(client)?.[1] ?? '';
    await connection.call('CLIENT', ['KILL', 'ID', id]);
  }
}

interface Place {
  name: string;
  connection: Connection;
}

/** The consumers of a group that hold a lease. */
export async function sessionsOf(
  { name, connection }: Place,
  group: string,
  partition?: number,
): Promise<string[]> {
  const key = `${prefixOf(name, partition)}:consumers:${group}`;
  return ((await connection.call('ZRANGE', [key, 0, -1])) as Buffer[]).map(String);
}

/** Ends the leases of these consumers, as if they had not been heard of for long. */
export async function expireLeases(
  { name, connection }: Place,
  group: string,
  consumers: readonly string[],
  partition?: number,
): Promise<void> {
  const key = `${prefixOf(name, partition)}:consumers:${group}`;
  for (const consumer of consumers) await connection.call('ZADD', [key, 'XX', 1, consumer]);
}

function prefixOf(name: string, partition: number | undefined): string {
  return partition === undefined ? `{${name}}` : `{${name}:${partition}}:partition`;
}

export function deferred<Value = void>() {
  let resolve!: (value: Value) => void;
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
