import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { InvalidArgumentError } from '@redpost/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventuallyPasses } from '../../../tooling/eventually.js';
import { idleMsSince } from '../../../tooling/machine-pace.js';
import type { PubSub, Subscription } from '../src/index.js';
import { testRedis, uniqueName } from './support/redis.js';

const redis = testRedis();

interface Member {
  subscription: Subscription<number>;
  got: number[];
}

/** Members whose shares are kept, in no particular order of who comes first. */
async function members(channel: string, count: number, group = 'billing'): Promise<Member[]> {
  const joining = Array.from({ length: count }, async () => {
    const got: number[] = [];
    const pubsub = redis.pubsub<number>();
    const onMessage = ({ body }: { body: number }) => got.push(body);
    return { subscription: await pubsub.subscribe(channel, { group, onMessage }), got };
  });
  return Promise.all(joining);
}

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, n) => from + n);
const allOf = (some: Member[]) => some.flatMap(({ got }) => got).sort((a, b) => a - b);
const publishAll = (pubsub: PubSub<number>, channel: string, bodies: number[]) =>
  Promise.all(bodies.map((body) => pubsub.publish(channel, body)));
const isRunning = async (key: string) => Number(await redis.admin.call('EXISTS', [key])) === 1;

describe('a queue group', () => {
  it('gives each message to exactly one member, in turns', async () => {
    const channel = uniqueName();
    const some = await members(channel, 3);
    const publisher = redis.pubsub<number>();

    await publishAll(publisher, channel, numbers(300));

    await eventuallyPasses(() => expect(allOf(some)).toEqual(numbers(300)));
    expect(some.map(({ got }) => got.length)).toEqual([100, 100, 100]);
    for (const { got } of some) expect(got).toEqual([...got].sort((a, b) => a - b));
  });

  it('leaves other groups and ordinary subscribers theirs', async () => {
    const channel = uniqueName();
    const billing = await members(channel, 2, 'billing');
    const shipping = await members(channel, 1, 'shipping');
    const all: number[] = [];
    await redis.pubsub<number>().subscribe(channel, { onMessage: ({ body }) => all.push(body) });

    await publishAll(redis.pubsub<number>(), channel, numbers(50));

    for (const got of [() => allOf(billing), () => allOf(shipping), () => all]) {
      await eventuallyPasses(() => expect(got()).toEqual(numbers(50)));
    }
  });

  it('works with any publisher, e.g. redis-cli, and costs a lone channel nothing', async () => {
    const channel = uniqueName();
    const some = await members(channel, 2);

    for (const n of numbers(20)) await redis.admin.call('PUBLISH', [channel, String(n)]);

    await eventuallyPasses(() => expect(allOf(some)).toEqual(numbers(20)));
    expect(some.map(({ got }) => got.length)).toEqual([10, 10]);
  });

  it('loses and doubles nothing while members come and go', async () => {
    const channel = uniqueName();
    const staying = await members(channel, 1);
    const publisher = redis.pubsub<number>();
    const joined: Member[] = [];

    let next = 0;
    for (let round = 0; round < 20; round++) {
      const coming = members(channel, 1);
      for (let tick = 0; tick < 10; tick++) {
        await publishAll(publisher, channel, numbers(10, next));
        next += 10;
      }
      joined.push(...(await coming));
    }

    await eventuallyPasses(() => expect(allOf([...staying, ...joined])).toEqual(numbers(next)));
    expect(joined.every(({ got }, at) => at > 15 || got.length > 0)).toBe(true);
  });

  it('continues without a member that leaves, and is deleted with the last one', async () => {
    const channel = uniqueName();
    const some = await members(channel, 3);
    const publisher = redis.pubsub<number>();
    await publishAll(publisher, channel, numbers(30));
    await eventuallyPasses(() => expect(allOf(some)).toEqual(numbers(30)));

    await some[0]?.subscription.close();
    await publishAll(publisher, channel, numbers(30, 30));

    await eventuallyPasses(() => expect(allOf(some)).toEqual(numbers(60)));
    expect(await isRunning(`{${channel}}:group:billing`)).toBe(true);
    await Promise.all(some.map(({ subscription }) => subscription.close()));
    expect(await isRunning(`{${channel}}:group:billing`)).toBe(false);
    expect(await redis.subscribers(channel)).toBe(0);
  });

  it('leaves out a member that was killed, within two seconds', async () => {
    const channel = uniqueName();
    const program = fileURLToPath(new URL('./support/group-member.mjs', import.meta.url));
    const victim = fork(program, [redis.url, channel]);
    onTestFinished(() => void victim.kill('SIGKILL'));
    await new Promise((resolve) => victim.once('message', resolve));
    const [survivor] = await members(channel, 1);
    const publisher = redis.pubsub<number>();
    await publishAll(publisher, channel, numbers(10));
    await eventuallyPasses(() => expect(survivor?.got).toHaveLength(5));

    victim.kill('SIGKILL');
    const start = performance.now();
    const key = `{${channel}}:group:billing`;
    await eventuallyPasses(async () => expect(await redis.admin.call('ZCARD', [key])).toBe(1));

    expect(idleMsSince(start)).toBeLessThan(2000);
    await publishAll(publisher, channel, numbers(10, 100));
    await eventuallyPasses(() => expect(survivor?.got.slice(5)).toEqual(numbers(10, 100)));
  });

  it('accepts a member again whose connection was cut, and the member reports it', async () => {
    const channel = uniqueName();
    const some = await members(channel, 2);
    const events: string[] = [];
    for (const { subscription } of some) {
      subscription.on('interrupted', () => events.push('interrupted'));
      subscription.on('resumed', ({ downMs }) => events.push(`resumed ${downMs > 0}`));
    }

    await redis.admin.call('CLIENT', ['KILL', 'TYPE', 'pubsub']);
    await eventuallyPasses(() =>
      expect([...events].sort()).toEqual([
        'interrupted',
        'interrupted',
        'resumed true',
        'resumed true',
      ]),
    );
    await publishAll(redis.pubsub<number>(), channel, numbers(100));

    await eventuallyPasses(() => expect(allOf(some)).toEqual(numbers(100)));
  });

  it('never gives a message to two members, whichever sockets are cut meanwhile', async () => {
    const channel = uniqueName();
    const some = await members(channel, 4);
    let away = 0;
    for (const { subscription } of some) {
      subscription.on('interrupted', () => away++);
      subscription.on('resumed', () => away--);
    }
    const publisher = redis.pubsub<number>();

    let next = 0;
    for (let round = 0; round < 8; round++) {
      const list = String(await redis.admin.call('CLIENT', ['LIST', 'TYPE', 'pubsub']));
      const ids = Array.from(list.matchAll(/^id=(\d+)/gm), ([, id]) => id as string);
      const victims = ids.filter((_, at) => at % 4 === round % 4 || round % 4 === 3);
      const cuts = victims.map((id) => redis.admin.call('CLIENT', ['KILL', 'ID', id]));
      do {
        await publishAll(publisher, channel, numbers(100, next));
        next += 100;
      } while (away > 0);
      await Promise.all(cuts);
    }
    // A socket that is cut may be noticed a moment later.
    await eventuallyPasses(async () => {
      const probe = numbers(100, next);
      next += 100;
      await publishAll(publisher, channel, probe);
      await eventuallyPasses(() => expect(allOf(some).slice(-100)).toEqual(probe), 500);
    });

    const all = allOf(some);
    expect(new Set(all).size).toBe(all.length);
  });

  it('is shared by members over one connection, and by a member that pauses', async () => {
    const channel = uniqueName();
    const pubsub = redis.pubsub<number>();
    const first = await pubsub.subscribe(channel, { group: 'g' });
    const second = await pubsub.subscribe(channel, {
      group: 'g',
      overflow: 'pause',
      maxBuffered: 5,
    });

    await publishAll(pubsub, channel, numbers(40));

    await eventuallyPasses(() => expect(first.buffered).toBe(20));
    await eventuallyPasses(() => expect(second.buffered).toBe(20));
  });

  it('is refused where it cannot be', async () => {
    const pubsub = redis.pubsub();

    for (const group of ['', 'a b', 'a:b', 'a{b}', 7 as unknown as string]) {
      await expect(pubsub.subscribe('a', { group })).rejects.toThrow(InvalidArgumentError);
    }
    await expect(pubsub.subscribe('a}b', { group: 'g' })).rejects.toThrow(InvalidArgumentError);
    const options = { group: 'g' } as object;
    await expect(pubsub.subscribePattern('a*', options)).rejects.toThrow(InvalidArgumentError);
  });
});
