import { setImmediate as tick } from 'node:timers/promises';
import { Feed, Slice } from '@redpost/core/consuming';
import { describe, expect, it } from 'vitest';
import type { HeldDelivery } from '../consuming/delivery.js';
import type { QueueContext } from '../context.js';
import { queueKeys } from '../keys.js';
import type { Acknowledged } from './acknowledgements.js';
import { type ListSession, ListSource } from './list-source.js';

interface Call {
  resolve(result: unknown): void;
}

/** A server that answers when it is told to, so that the states can be gone through step by step. */
class SlowServer {
  /** What it was asked: the name of the script or command, how many messages a lease takes, and if not from the list. */
  readonly asked: string[] = [];
  #calls: Call[] = [];

  readonly run = (
    { name }: { name: string },
    { count, withList }: { count?: number; withList?: boolean },
  ): Promise<unknown> => {
    const what = count === undefined ? name : `${name} ${count}`;
    this.asked.push(count && !withList ? `${what} returned` : what);
    return new Promise((resolve) => this.#calls.push({ resolve }));
  };

  readonly block = (
    command: (ms: number) => [string],
    { signal }: { signal: AbortSignal },
  ): Promise<void> => {
    this.asked.push(...command(1).slice(0, 1));
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  };

  /** Answers the oldest call that is out. */
  async answer(result: object): Promise<void> {
    this.#calls.shift()?.resolve({ status: 'held', ...result });
    await tick();
  }
}

const empty = {
  now: 0,
  suspect: undefined,
  elements: [],
  isPacked: true,
  isCut: false,
  askAgainMs: undefined,
};

/** A feed whose consumer wants some messages, with its first lease call out. */
function setUp(wanted = 1) {
  const server = new SlowServer();
  const accepted: string[] = [];
  const drained: number[] = [];
  const context = { connection: server, keys: queueKeys('q') } as unknown as QueueContext;
  const session = {
    consumer: 'c',
    heartbeat: { isFresh: true, ensureFresh: async () => true },
    held: [],
    ackWaiters: { confirm: () => {} },
    events: {
      demand: () => wanted - accepted.length - feed.requested,
      drained: (epoch: number) => drained.push(epoch),
    },
    accept: (items: HeldDelivery[]) =>
      accepted.push(...items.map(({ element }) => `${element.bytes}`)),
  } as unknown as ListSession<unknown>;
  const source = new ListSource(context, { from: 'RIGHT', perKey: 1 }, session);
  const feed: Feed<HeldDelivery, Acknowledged<HeldDelivery>> = new Feed(source, session);
  source.attach(feed);
  feed.start();
  return { server, feed, source, accepted, drained };
}

describe('a feed', () => {
  it('waits with a blocking move when the list was empty', async () => {
    const { server } = setUp();
    await server.answer(empty);

    expect(server.asked).toEqual(['lease 1', 'BLMOVE']);
  });

  it('asks once more when pollAgain() came while an empty answer was on its way', async () => {
    const { server, feed } = setUp();
    feed.pollAgain();
    await server.answer(empty);
    expect(server.asked).toEqual(['lease 1', 'lease 1']);

    await server.answer(empty);
    expect(server.asked).toEqual(['lease 1', 'lease 1', 'BLMOVE']);
  });

  it('in doubt, asks for the held receipts when no call is pending, and then does not ask the list once more', async () => {
    const { server, feed } = setUp();
    feed.doubt();
    await tick();
    expect(server.asked).toEqual(['lease 1']);

    await server.answer(empty);
    expect(server.asked).toEqual(['lease 1', 'reclaim']);

    await server.answer({ receipts: [] });
    expect(server.asked).toEqual(['lease 1', 'reclaim', 'lease 0']);

    await server.answer(empty);
    expect(server.asked).toEqual(['lease 1', 'reclaim', 'lease 0', 'BLMOVE']);
  });

  it('in doubt, ends the blocking move before it asks for the held receipts', async () => {
    const { server, feed } = setUp();
    await server.answer(empty);
    feed.doubt();
    await tick();

    expect(server.asked).toEqual(['lease 1', 'BLMOVE', 'reclaim']);
  });

  it('asks for the held receipts only once when it is in doubt again before the answer', async () => {
    const { server, feed } = setUp();
    await server.answer(empty);
    feed.doubt();
    await tick();
    feed.doubt();
    await server.answer({ receipts: [] });

    expect(server.asked).toEqual(['lease 1', 'BLMOVE', 'reclaim', 'lease 0']);
  });

  it('asks again for the held receipts when it is in doubt while it fetches elements', async () => {
    const { server, feed, accepted } = setUp();
    await server.answer(empty);
    feed.doubt();
    await tick();
    await server.answer({ receipts: [7] });
    feed.doubt();
    await tick();
    expect(server.asked).toEqual(['lease 1', 'BLMOVE', 'reclaim', 'fetch']);

    await server.answer({ elements: [Buffer.from('x')] });

    expect(accepted).toEqual(['x']);
    expect(server.asked).toEqual(['lease 1', 'BLMOVE', 'reclaim', 'fetch', 'reclaim']);
  });

  it('sends nothing while it fetches the held elements', async () => {
    const { server, feed } = setUp();
    await server.answer(empty);
    feed.doubt();
    await tick();
    await server.answer({ receipts: [7] });
    feed.pollAgain();
    await tick();
    expect(server.asked).toEqual(['lease 1', 'BLMOVE', 'reclaim', 'fetch']);

    await server.answer({ elements: [null] });
    expect(server.asked).toEqual(['lease 1', 'BLMOVE', 'reclaim', 'fetch', 'lease 1']);
  });

  it('told of returned messages, asks for them once, and leaves the list to the blocking move', async () => {
    const { server, source } = setUp();
    await server.answer(empty);
    source.returnedAdded();
    source.returnedAdded();
    await tick();
    await server.answer(empty);

    expect(server.asked).toEqual(['lease 1', 'BLMOVE', 'lease 1 returned']);
  });

  it('told of returned messages while it asks for them, asks once more', async () => {
    const { server, source } = setUp();
    await server.answer(empty);
    source.returnedAdded();
    await tick();
    source.returnedAdded();
    await server.answer(empty);
    await server.answer(empty);

    expect(server.asked).toEqual(['lease 1', 'BLMOVE', 'lease 1 returned', 'lease 1 returned']);
  });

  it('asks for returned messages until none is left', async () => {
    const { server, source, accepted } = setUp(600);
    for (let call = 0; call < 3; call += 1) await server.answer(empty);
    source.returnedAdded();
    await tick();
    await server.answer({ ...empty, elements: Array(250).fill(Slice.of(Buffer.from('x'))) });
    await server.answer({ ...empty, elements: [Slice.of(Buffer.from('y'))] });

    expect(accepted).toHaveLength(251);
    expect(server.asked.slice(-3)).toEqual(['BLMOVE', 'lease 250 returned', 'lease 250 returned']);
  });

  it('is drained again after returned messages, but not because none was returned', async () => {
    const { server, source, feed, drained } = setUp(9);
    const epoch = feed.pollAgain();
    await server.answer(empty);
    await server.answer(empty);
    await server.answer(empty);
    const before = drained.length;
    source.returnedAdded();
    await tick();
    await server.answer(empty);
    expect(drained).toHaveLength(before);

    source.returnedAdded();
    await tick();
    await server.answer({ ...empty, elements: [Slice.of(Buffer.from('x'))] });

    expect(server.asked.at(-1)).toBe('lease 9 returned');
    expect(drained).toHaveLength(before + 1);
    expect(drained.at(-1)).toBe(epoch);
  });

  it('does not take a look at returned messages for one at the list', async () => {
    const { server, source, feed, drained } = setUp(9);
    await server.answer(empty);
    const before = drained.length;
    feed.pollAgain();
    source.returnedAdded();
    await tick();
    await server.answer({ ...empty, elements: [Slice.of(Buffer.from('x'))] });
    expect(drained).toHaveLength(before);

    await source.endWait();
    await tick();
    expect(server.asked).toEqual(['lease 9', 'BLMOVE', 'lease 9 returned', 'lease 8']);
  });
});
