import { type Connection, connect } from '@redpost/core';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { type GivenServer, givenServer } from '../../../../tooling/given-server.js';

/** A Redis for the tests of one file: a private one, unless one is given. */
export function useRedis() {
  let running: EmbeddedRedis | GivenServer | undefined;
  beforeAll(async () => {
    running = givenServer() ?? (await startRedis());
  });
  afterAll(() => running?.stop());

  const url = () => {
    if (!running) throw new Error('Redis has not been started');
    return running.url;
  };
  return {
    get url() {
      return url();
    },
    /** A connection that is closed when the test ends. */
    connection(): Connection {
      const connection = connect(url());
      connection.on('error', () => {});
      onTestFinished(() => connection.close());
      return connection;
    },
  };
}

let names = 0;

/** A name that no other test uses. */
export function uniqueName(): string {
  names += 1;
  return `test-${process.pid}-${names}`;
}
