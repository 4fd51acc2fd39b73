import { setImmediate as tick } from 'node:timers/promises';
import { Feed } from '@redpost/core/consuming';
import { describe, expect, it } from 'vitest';
import type { GroupContext } from '../group/group-context.js';
import { type StreamSession, StreamSource } from './stream-source.js';

/** A server that answers when it is told to, so that the states can be gone through step by step. */
class SlowServer {
  /** What it was asked: the name of the script or command, and how many records a take wants. */
  readonly asked: string[] = [];
  #calls: ((result: unknown) => void)[] = [];
  #arrive = () => {};

  readonly run = ({ name }: { name: string }, { count }: { count?: number }): Promise<unknown> => {
    this.asked.push(`${name} ${count}`);
    return new Promise((resolve) => this.#calls.push(resolve));
  };

  readonly block = (command: (ms: number) => [string]): Promise<void> => {
    this.asked.push(...command(1).slice(0, 1));
    return new Promise((resolve) => {
      this.#arrive = resolve;
    });
  };

  /** Answers the oldest call that is out. */
  async answer(result: object): Promise<void> {
    this.#calls.shift()?.({ status: 'held', now: 0, trimmed: [], records: [], ...result });
    await tick();
  }

  /** The blocking read is over. */
  async arrive(): Promise<void> {
    this.#arrive();
    await tick();
  }
}

const nothingLeft = { waitBehind: '5-0' };

function record(offset: string) {
  return { offset, body: undefined, fields: [], attempt: 1, isSuspect: false };
}

/** A feed whose consumer wants some records, with its first take call out. */
function setUp({ wanted = 9, blocked = 0 } = {}) {
  const server = new SlowServer();
  const accepted: string[] = [];
  const drained: number[] = [];
  let reconcile = () => {};
  const session = {
    consumer: 'c',
    place: { number: 0, keys: { stream: 's' }, isOrdered: true },
    lookIfSettled: () => {},
    heartbeat: { isFresh: true, renew: async () => true },
    held: [],
    ackWaiters: { confirm: () => {} },
    store: { returnUnknown: async () => {} },
    settlements: {
      repeat: () =>
        new Promise<void>((resolve) => {
          reconcile = resolve;
        }),
    },
    order: { blocked, expectPending: async () => {} },
    events: {
      demand: () => wanted - accepted.length - feed.requested,
      drained: (epoch: number) => drained.push(epoch),
    },
    accept: (items: { offset: string }[]) => accepted.push(...items.map(({ offset }) => offset)),
  } as unknown as StreamSession<unknown>;
  const context = { topic: { connection: server }, group: 'g' } as unknown as GroupContext;
  const source = new StreamSource(context, session);
  const feed: Feed<never> = new Feed<never>(source as never, session as never);
  source.attach(feed);
  feed.start();
  const reconciled = async () => {
    reconcile();
    await tick();
  };
  return { server, source, feed, accepted, drained, reconciled };
}

describe('a feed of a group', () => {
  it('waits with a blocking read when nothing was left, and then takes again', async () => {
    const { server, drained } = setUp();
    await server.answer(nothingLeft);
    expect(server.asked).toEqual(['take 9', 'XREAD']);

    await server.arrive();
    expect(server.asked).toEqual(['take 9', 'XREAD', 'take 9']);
    expect(drained).toEqual([0]);
  });

  it('takes records while a blocking read is out, which then serves once more', async () => {
    const { server, feed, accepted } = setUp();
    await server.answer(nothingLeft);
    feed.pollAgain();
    await tick();
    await server.answer({ ...nothingLeft, records: [record('1-0'), record('2-0')] });

    expect(accepted).toEqual(['1-0', '2-0']);
    expect(server.asked).toEqual(['take 9', 'XREAD', 'take 9']);
  });

  it('in doubt, returns what it does not know of when no call is out, and then asks again', async () => {
    const { server, feed, reconciled } = setUp();
    feed.doubt();
    await tick();
    expect(feed.isQuiet).toBe(false);
    await server.answer(nothingLeft);
    expect(feed.isQuiet).toBe(false);
    expect(server.asked).toEqual(['take 9']);

    feed.doubt();
    await reconciled();
    expect(server.asked).toEqual(['take 9', 'take 9']);
  });

  it('is idle while it returns what it does not know of, since that brings nothing', async () => {
    const { server, feed } = setUp();
    feed.doubt();
    await server.answer(nothingLeft);

    let isIdle = false;
    void feed.idle().then(() => {
      isIdle = true;
    });
    await tick();
    expect([isIdle, feed.isQuiet]).toEqual([true, false]);
  });

  it('asks for records that come again once each time they may be due, while too many wait for others', async () => {
    const { server, source, feed } = setUp({ blocked: 100 });
    expect(server.asked).toEqual(['take 0']);
    await server.answer({});
    source.mayBeDue();
    feed.pollAgain();
    await tick();
    await server.answer({});

    expect(server.asked).toEqual(['take 0', 'take 9']);
  });
});
