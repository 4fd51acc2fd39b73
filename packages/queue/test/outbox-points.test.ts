import type { Connection } from '@redpost/core';
import { NameIndex } from '@redpost/core/consuming';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { Flow, type FlowEnd, Queue } from '../src/index.js';
import { queueKeys } from '../src/keys.js';
import { type PreparedFollowUp, prepareFollowUps } from '../src/outbox/follow-up.js';
import { Outbox } from '../src/outbox/outbox.js';
import { finish } from '../src/scripts/finish.js';
import { expireLeases } from './support/in-redis.js';
import { type Death, dead, mortal } from './support/mortal-connection.js';
import { scriptedConsumer } from './support/scripted-consumer.js';
import { uniqueName, useRedis } from './support/use-redis.js';

const redis = useRedis();

/** What a process does until it dies. */
type Life = (connection: Connection) => Promise<void>;

/** The commands of a life that comes to its end. */
async function commandsOf(live: Life): Promise<string[]> {
  const { connection, commands } = mortal(redis.connection(), never);
  await live(connection);
  return commands;
}

const never = { command: Number.POSITIVE_INFINITY, isAnswerLost: false };

async function liveUntil(death: Death, live: Life): Promise<void> {
  const { connection } = mortal(redis.connection(), death);
  await expect(live(connection)).rejects.toBe(dead);
}

/** Handles what the first one left, and relays, as any process may: for each point at which it can die. */
async function atEachPoint(commands: readonly string[], test: (death: Death) => Promise<void>) {
  const deaths = [...commands.keys()].flatMap((command) =>
    [true, false].map((isAnswerLost) => ({ command, isAnswerLost })),
  );
  await Promise.all(
    deaths.map((death) =>
      test(death).catch((cause) => {
        const when = death.isAnswerLost ? 'behind' : 'before';
        const what = `${commands[death.command]} (command ${death.command})`;
        throw new Error(`A process that dies ${when} ${what}: ${cause.message}`, { cause });
      }),
    ),
  );
}

/** Relays what there is, and rejects when the process dies. */
async function relay(connection: Connection, name: string, ...targets: string[]): Promise<void> {
  const failures: Error[] = [];
  const index = new NameIndex(connection, 'queues');
  const outbox = new Outbox({ connection, keys: queueKeys(name), index }, (error) => {
    failures.push(error);
  });
  for (const target of targets) {
    outbox.relay(target);
    await outbox.idle();
    for (const failure of failures) throw failure;
  }
}

/** Leases two messages, and acknowledges them with what `finish` takes. */
async function handleTwo(
  connection: Connection,
  name: string,
  followUps: readonly PreparedFollowUp[] = [],
): Promise<void> {
  const consumer = await scriptedConsumer({ name, connection });
  await consumer.lease(2, 1);
  const deliveries = [1, 2].map((receipt) => {
    return { receipt, how: 'done' as const, value: undefined, followUps };
  });
  const held = await connection.run(finish, {
    ...{ keys: consumer.keys, consumer: consumer.consumer },
    plain: followUps.length === 0 ? deliveries : [],
    others: followUps.length === 0 ? [] : deliveries,
  });
  expect(held).toEqual([true, true]);
}

it('what is sent with acknowledgements arrives once, wherever the process dies that sends and relays it', async () => {
  const life = (names: string[]) => async (connection: Connection) => {
    const [first, ...others] = names as [string, ...string[]];
    const send = others.map((name) => ({ queue: new Queue(name, { connection }), body: 1 }));
    const followUps = await prepareFollowUps(send);
    await handleTwo(connection, first, followUps);
    await relay(connection, first, ...others);
  };
  const setUp = async () => {
    const queues = [redis.queue<number>(), redis.queue<number>(), redis.queue<number>()] as const;
    await queues[0].sendBatch([{ body: 1 }, { body: 1 }]);
    return { queues, live: life(queues.map(({ name }) => name)) };
  };
  const commands = await commandsOf((await setUp()).live);
  for (const name of ['finish', 'read-outbox', 'receive']) expect(commands).toContain(name);

  await atEachPoint(commands, async (death) => {
    const { queues, live } = await setUp();
    await liveUntil(death, live);
    const [first, ...others] = queues;
    await expireLeases(first as never, ['scripted']);
    const options = { leaseMs: 1000 };
    const send = others.map((queue) => ({ queue, body: 1 }));
    first.consume((delivery) => delivery.ack({ send }), options);
    await eventually(async () => {
      const stats = await Promise.all(queues.map((queue) => queue.stats()));
      const [{ total, active, outbox }, ...rest] = stats as [(typeof stats)[0], ...typeof stats];
      const isThrough = total.acked === 2 && active + outbox.pending === 0;
      return isThrough && rest.every(({ pending }) => pending >= 2);
    });
    for (const other of others) expect((await other.stats()).pending).toBe(2);
  });
});

describe.each(['is closed before its members have ended', 'is closed behind that'])(
  'a flow that %s',
  (order) => {
    it('continues once, with exact counts, wherever the process dies that opens, sends, handles, relays and closes', async () => {
      const isClosedFirst = order.includes('before');
      const life = (members: string, last: string) => async (connection: Connection) => {
        const queue = new Queue<number>(members, { connection });
        const then = { queue: new Queue(last, { connection }), body: 0 };
        const flow = await Flow.open({ connection, then, id: 'f' });
        for (const result of await flow.sendBatch([1, 2].map((body) => ({ queue, body })))) {
          if (result.status === 'failed') throw result.error;
        }
        await relay(connection, last, members);
        if (isClosedFirst) await flow.close();
        await handleTwo(connection, members);
        await relay(connection, members, last);
        if (!isClosedFirst) await flow.close();
      };
      const commands = await commandsOf(life(uniqueName(), uniqueName()));
      for (const name of [
        'flow-open',
        'flow-send',
        'read-outbox',
        'receive',
        'finish',
        'flow-close',
      ])
        expect(commands).toContain(name);

      await atEachPoint(commands, async (death) => {
        const [queue, last] = [redis.queue<number>(), redis.queue<number>()];
        const { connection } = queue;
        await liveUntil(death, life(queue.name, last.name));
        await expireLeases(queue as never, ['scripted']);
        const flow = Flow.of({ connection, queue: last.name, id: 'f' });
        if (!(await flow.status())) {
          expect((await queue.stats()).pending).toBe(0);
          return;
        }
        await flow.close();
        const ends: (FlowEnd | undefined)[] = [];
        const options = { leaseMs: 1000 };
        queue.consume(() => {}, options);
        last.consume(({ flowEnd }) => void ends.push(flowEnd), options);
        await eventually(async () => {
          const all = await Promise.all([queue.stats(), last.stats()]);
          const left = all.map(({ pending, active, outbox }) => pending + active + outbox.pending);
          return ends.length > 0 && left.every((count) => count === 0);
        });
        const sent = (await queue.stats()).total.acked;
        expect([0, 2]).toContain(sent);
        expect(ends).toEqual([
          { id: 'f', over: 'closed', done: sent, dead: 0, expired: 0, cancelled: 0 },
        ]);
      });
    });
  },
);
