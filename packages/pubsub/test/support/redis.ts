import { randomUUID } from 'node:crypto';
import { type Connection, type ConnectOptions, connect } from '@redpost/core';
import { type EmbeddedRedis, type StartRedisOptions, startRedis } from '@redpost/core/embedded';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { type GivenServer, givenServer } from '../../../../tooling/given-server.js';
import { PubSub, type PubSubOptions } from '../../src/index.js';

/** A Redis for one test file (a private one, unless one is given), and what its tests make on it: all closed when they end. */
export interface TestRedis {
  readonly url: string;
  readonly port: number;
  /** For looking at the server, apart from what is tested. */
  readonly admin: Connection;
  connect(options?: ConnectOptions): Connection;
  pubsub<Body = unknown, Received = Body>(
    options?: Partial<PubSubOptions<Body, Received>>,
  ): PubSub<Body, Received>;
  /** How many clients are subscribed to a channel, as Redis has it. */
  subscribers(channel: string): Promise<number>;
  /** How many patterns are subscribed to, by all clients together. */
  patterns(): Promise<number>;
  /** How often a command was executed since the last `CONFIG RESETSTAT`. */
  executed(command: string): Promise<number>;
}

export function testRedis(options: StartRedisOptions = {}): TestRedis {
  let server: EmbeddedRedis | GivenServer;
  let admin: Connection;

  beforeAll(async () => {
    server = givenServer(options) ?? (await startRedis(options));
    admin = connect(server.url, { name: 'admin' });
  });
  afterAll(async () => {
    await admin?.close();
    await server?.stop();
  });

  const open = (connectOptions?: ConnectOptions) => {
    const connection = connect(server.url, connectOptions);
    onTestFinished(() => connection.close());
    return connection;
  };

  return {
    get url() {
      return server.url;
    },
    get port() {
      return server.port;
    },
    get admin() {
      return admin;
    },
    connect: open,
    pubsub: (own = {}) => new PubSub({ connection: open(), ...own }),
    async subscribers(channel) {
      const reply = (await admin.call('PUBSUB', ['NUMSUB', channel])) as [Buffer, number];
      return reply[1];
    },
    async patterns() {
      return Number(await admin.call('PUBSUB', ['NUMPAT']));
    },
    async executed(command) {
      const stats = String(await admin.call('INFO', ['commandstats']));
      const [, calls = 0] = new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats) ?? [];
      return Number(calls);
    },
  };
}

/** A name that no other test uses. */
export function uniqueName(prefix = 'channel'): string {
  return `${prefix}:${randomUUID()}`;
}
