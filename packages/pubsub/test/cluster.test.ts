import { connect, InvalidArgumentError } from '@redpost/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { eventuallyPasses } from '../../../tooling/eventually.js';
import { moveAtOnce } from '../../../tooling/migrate-twice.js';
import { publishUntil } from '../../../tooling/publish-until.js';
import { needRedis7, needValkey9 } from '../../../tooling/redis-version.js';
import { PubSub, type PubSubOptions, type Subscription } from '../src/index.js';
import { type ClusterNode, startCluster, type TestCluster } from './support/cluster.js';
import { uniqueName } from './support/redis.js';
import { take } from './support/take.js';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster?.stop());

function open(options: Partial<PubSubOptions<number>> = {}): PubSub<number> {
  const connection = connect(cluster.addresses);
  connection.on('error', () => {}); // Nodes are killed.
  onTestFinished(() => connection.close());
  return new PubSub<number>({ connection, ...options });
}

function eventsOf(subscription: Subscription<number>): string[] {
  const entries: string[] = [];
  subscription.on('interrupted', () => entries.push('interrupted'));
  subscription.on('resumed', ({ downMs }) => entries.push(`resumed ${downMs > 0}`));
  return entries;
}

const once = ['interrupted', 'resumed true'];
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

describe('plain channels of a Cluster', () => {
  it('keep the order of a channel from tick to tick', async () => {
    const [publisher, channel] = [open(), uniqueName()];
    const subscription = await open().subscribe(channel);

    const published: Promise<number>[] = [];
    for (const n of numbers(300)) {
      published.push(publisher.publish(channel, n));
      if (n % 3 === 0) await new Promise(setImmediate);
    }
    await Promise.all(published);

    expect(await take(subscription, 300)).toEqual(numbers(300));
  });

  it('carry many channels in one tick', async () => {
    const names = numbers(50).map(() => uniqueName());
    const [publisher, subscription] = [open(), await open().subscribe(names)];

    await Promise.all(names.map((name, n) => publisher.publish(name, n)));

    expect((await take(subscription, 50)).sort((a, b) => a - b)).toEqual(numbers(50));
  });

  it('have no queue groups, and say what to do', async () => {
    const subscribing = open().subscribe('a', { group: 'g' });
    await expect(subscribing).rejects.toThrow(InvalidArgumentError);
    await expect(subscribing).rejects.toThrow('sharded');
  });
});

describe('sharded channels', () => {
  beforeEach(({ skip }) => needRedis7(skip));

  it('reach their subscribers on the node that has the slot, and count them', async () => {
    const names = numbers(20).map(() => uniqueName());
    const publisher = open({ sharded: true });
    const subscription = await open({ sharded: true }).subscribe(names);

    const receivers = await Promise.all(names.map((name, n) => publisher.publish(name, n)));

    expect(receivers).toEqual(names.map(() => 1));
    expect((await take(subscription, 20)).sort((a, b) => a - b)).toEqual(numbers(20));
    await subscription.close();
    expect(await publisher.publish(names[0] as string, 1)).toBe(0);
  });

  it('keep their order, and have no patterns', async () => {
    const [pubsub, channel] = [open({ sharded: true }), uniqueName()];
    const subscription = await pubsub.subscribe(channel);

    await Promise.all(numbers(2000).map((n) => pubsub.publish(channel, n)));

    expect(await take(subscription, 2000)).toEqual(numbers(2000));
    await expect(pubsub.subscribePattern('a*')).rejects.toThrow(InvalidArgumentError);
  });

  it('share their messages in queue groups', async () => {
    const channel = uniqueName();
    const group = () => open({ sharded: true }).subscribe(channel, { group: 'g' });
    const [one, two] = await Promise.all([group(), group()]);
    const publisher = open({ sharded: true });

    await Promise.all(numbers(40).map((n) => publisher.publish(channel, n)));

    const shares = [await take(one, 20), await take(two, 20)];
    expect(shares.flat().sort((a, b) => a - b)).toEqual(numbers(40));
  });

  it('carry requests and their answers', async () => {
    const channel = uniqueName();
    await open({ sharded: true }).respond(channel, (n) => n + 1);

    expect(await open({ sharded: true }).request(channel, 1)).toBe(2);
    await expect(open({ sharded: true }).request(uniqueName(), 1)).rejects.toMatchObject({
      code: 'NO_RESPONDER',
    });
  });

  it('follow their slot to another node, and say for how long they were away', async () => {
    const channel = uniqueName();
    const pubsub = open({ sharded: true });
    const subscription = await pubsub.subscribe(channel);
    const entries = eventsOf(subscription);
    const from = await cluster.ownerOf(channel);
    const to = cluster.masters.find(({ id }) => id !== from.id) as ClusterNode;

    await moveSlot(channel, from, to);
    await eventuallyPasses(() => expect(entries).toEqual(once));
    await eventuallyPasses(async () => expect(await pubsub.publish(channel, 1)).toBe(1));

    await moveSlot(channel, to, from);
    await eventuallyPasses(() => expect(entries).toEqual([...once, ...once]));
    await eventuallyPasses(async () => expect(await pubsub.publish(channel, 2)).toBe(1));
    expect(await take(subscription, 2)).toEqual([1, 2]);
  });

  it('follow their slot when it moves in one piece, while they are published to', async ({
    skip,
  }) => {
    needValkey9(skip);
    const channel = uniqueName();
    const pubsub = open({ sharded: true });
    const subscription = await pubsub.subscribe(channel);
    const entries = eventsOf(subscription);

    const moving = moveAtOnce(cluster, channel, {
      times: 4,
      // Only when it is there again: what was published meanwhile has no subscriber.
      between: () =>
        eventuallyPasses(async () => expect(await pubsub.publish(channel, -1)).toBe(1)),
    });
    const count = await publishUntil(moving, (n) => pubsub.publish(channel, n));
    await eventuallyPasses(async () => expect(await pubsub.publish(channel, count)).toBe(1));

    const received: number[] = [];
    for await (const { body } of subscription) {
      if (body >= 0) received.push(body);
      if (body === count) break;
    }
    expect(received).toEqual([...new Set(received)].sort((a, b) => a - b));
    expect(entries.filter((entry) => entry !== 'interrupted')).toEqual(
      numbers(4).map(() => 'resumed true'),
    );
  });

  it('that their new node refuses are reported, and retried until they are accepted', async () => {
    const channel = uniqueName();
    const connection = connect(cluster.addresses);
    onTestFinished(() => connection.close());
    const errors: Error[] = [];
    connection.on('error', (error) => errors.push(error));
    const pubsub = new PubSub<number>({ connection, sharded: true });
    const entries = eventsOf(await pubsub.subscribe(channel));
    const from = await cluster.ownerOf(channel);
    const to = cluster.masters.find(({ id }) => id !== from.id) as ClusterNode;
    const grant = (rule: string) => to.admin.call('ACL', ['SETUSER', 'default', rule]);
    onTestFinished(() => void grant('allchannels'));

    await grant('resetchannels');
    await moveSlot(channel, from, to);
    await eventuallyPasses(() => expect(errors.map(String).join()).toContain('NOPERM'));
    expect(entries).toEqual(['interrupted']);
    await grant('allchannels');

    await eventuallyPasses(() => expect(entries).toEqual(once));
    await moveSlot(channel, to, from);
  });
});

/** Gives a channel's slot from one node to another. */
async function moveSlot(channel: string, from: ClusterNode, to: ClusterNode): Promise<void> {
  const slot = Number(await from.admin.call('CLUSTER', ['KEYSLOT', channel]));
  await to.admin.call('CLUSTER', ['SETSLOT', slot, 'IMPORTING', from.id]);
  await from.admin.call('CLUSTER', ['SETSLOT', slot, 'MIGRATING', to.id]);
  const owner = ['SETSLOT', slot, 'NODE', to.id];
  for (const { admin } of [to, from]) await admin.call('CLUSTER', owner);
}

it('subscriptions of both kinds come back elsewhere when their node is killed', async ({
  skip,
}) => {
  needRedis7(skip);
  const [node] = cluster.masters;
  let channel = uniqueName();
  while ((await cluster.ownerOf(channel)) !== node) channel = uniqueName();
  const [plain, sharded] = [open(), open({ sharded: true })];
  // A plain subscription is made on the first node that is named.
  const subscriptions = await Promise.all([plain.subscribe(channel), sharded.subscribe(channel)]);
  const events = subscriptions.map(eventsOf);

  await node?.redis.kill();

  await eventuallyPasses(() => expect(events).toEqual([once, once]), 15_000);
  await eventuallyPasses(async () => expect(await sharded.publish(channel, 7)).toBe(1), 15_000);
  await eventuallyPasses(() => plain.publish(channel, 8), 15_000);
  const received = await Promise.all(subscriptions.map((each) => take(each, 1)));
  expect(received).toEqual([[8], [7]]);
});
