import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { startPair } from '../../../tooling/replication.js';
import { type EmbeddedRedis, startRedis } from '../src/embedded/index.js';
import { connect } from '../src/index.js';
import { type Relay, startRelay } from './support/relay.js';
import { inOrder, StandingProgram, standstillMs } from './support/standing-program.js';

// A computer that slept, or a function that was frozen between two invocations. Meanwhile a router has forgotten
// its connections: what is sent on them gets nowhere, and nobody says so.

let primary: EmbeddedRedis;
let replica: EmbeddedRedis;

beforeAll(async () => {
  ({ master: primary, replica } = await startPair({ startRedis, connect }));
});

afterAll(() => Promise.all([primary?.stop(), replica?.stop()]));

function pings({ pieces }: Relay): number {
  return pieces.join('').split(/\r\nping\r\n/i).length - 1;
}

describe('a process that stood still while a router dropped its connections', () => {
  it.each([
    ['a connection', false],
    ['a client of the caller’s', true],
  ] as const)(
    'has all calls of %s executed once and in order, reads on, and hears again',
    async (_, isOwnClient) => {
      const relay = await startRelay(primary.port);
      const program = new StandingProgram({ at: primary.url, ports: [relay.port], isOwnClient });
      await program.ready();

      const called = program.called();
      await program.whileFrozen(() => relay.sever());

      expect(await called).toEqual({ count: 80, failed: [] });
      expect(await program.sent()).toEqual(inOrder);
      await program.admin('RPUSH', `${program.key}:list`, 'x');
      await eventually(() => program.taken.includes('x'));
      await eventually(async () => (await program.told()).events.includes('shared resumed'));
      expect((await program.told()).events).not.toContain('paused resumed');
      program.say('resume');
      await eventually(async () => (await program.told()).events.includes('paused resumed'));
      await program.admin('PUBLISH', `${program.key}:news`, 'hello');
      await eventually(async () => {
        const { heard, beatMsAgo } = await program.told();
        return heard.includes('shared') && heard.includes('paused') && beatMsAgo < 2000;
      });
    },
    60_000,
  );

  it('because its event loop was blocked has all calls executed once and in order', async () => {
    const relay = await startRelay(primary.port);
    const program = new StandingProgram({
      at: primary.url,
      ports: [relay.port],
      blocksMs: standstillMs,
    });
    await program.ready();

    const called = program.called();
    program.say('call');
    relay.sever();

    expect(await called).toEqual({ count: 80, failed: [] });
    expect(await program.sent()).toEqual(inOrder);
  }, 60_000);
});

describe('a process that stood still while nothing happened', () => {
  it('asks each server once on each socket that it reads, and keeps all sockets and the order of its calls', async () => {
    const relay = await startRelay(primary.port);
    const program = new StandingProgram({ at: primary.url, ports: [relay.port] });
    await program.ready();
    expect(pings(relay)).toBe(0);
    const sockets = await program.sockets();

    const called = program.called();
    await program.whileFrozen(() => {});

    expect(await called).toEqual({ count: 80, failed: [] });
    expect(await program.sent()).toEqual(inOrder);
    const { events, readFailures } = await program.told();
    expect({ events, readFailures }).toEqual({ events: [], readFailures: [] });
    expect(await program.sockets()).toEqual(sockets);
    // The one that is paused is not asked.
    expect(pings(relay)).toBe(sockets.length - 1);
  }, 60_000);
});
