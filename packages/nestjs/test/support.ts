import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import { afterAll, beforeAll } from 'vitest';
import { type GivenServer, givenServer } from '../../../tooling/given-server.js';

/** A Redis for the tests of one file: a private one, unless one is given. */
export function useRedis(): { readonly url: string } {
  let running: EmbeddedRedis | GivenServer | undefined;
  beforeAll(async () => {
    running = givenServer({}) ?? (await startRedis());
  });
  afterAll(() => running?.stop());
  return {
    get url() {
      if (!running) throw new Error('Redis has not been started');
      return running.url;
    },
  };
}

let names = 0;

export function uniqueName(): string {
  names += 1;
  return `test-${process.pid}-${names}`;
}
