import { connect, InvalidArgumentError } from '@redpost/core';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import { PubSub } from '@redpost/pubsub';
import { Queue } from '@redpost/queue';
import { Topic } from '@redpost/topic';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { collectProcessMetrics, collectRedisMetrics } from '../src/index.js';

let redis: EmbeddedRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

function connection() {
  const opened = connect(redis.url);
  opened.on('error', () => {});
  onTestFinished(() => opened.close());
  return opened;
}

/** The samples of a scrape, by their names and labels as they are in the text. */
async function scrape(registry: Registry): Promise<Map<string, number>> {
  const lines = (await registry.metrics()).split('\n');
  const samples = lines.filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    samples.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

it('what a process sends and handles is counted by outcome, and measured with its weight', async () => {
  const registry = new Registry();
  onTestFinished(collectProcessMetrics({ registry }));
  const queue = new Queue<number>('counted', { connection: connection() });
  onTestFinished(() => queue.close());
  await Promise.all(Array.from({ length: 500 }, (_, body) => queue.send(body)));
  await expect(queue.sendBatch([{ body: 1, id: '' }])).resolves.toMatchObject([
    { status: 'failed' },
  ]);
  const consumer = queue.consume(
    ({ body }) => {
      if (body % 100 === 0) throw new Error('no');
    },
    { concurrency: 50, maxAttempts: 1 },
  );
  consumer.on('failed', () => {});
  await queue.idle();
  const labels = 'kind="queue",name="counted",group=""';
  await eventually(
    async () =>
      (await scrape(registry)).get(`redpost_settled_total{${labels},outcome="dead"}`) === 5,
  );

  const samples = await scrape(registry);
  expect(samples.get(`redpost_sent_total{${labels}}`)).toBe(500);
  expect(samples.get(`redpost_settled_total{${labels},outcome="acked"}`)).toBe(495);
  for (const name of ['wait', 'run']) {
    const count = samples.get(`redpost_${name}_seconds_count{${labels}}`) ?? 0;
    expect(count).toBeGreaterThan(500 - 64);
    expect(count).toBeLessThanOrEqual(500);
    expect(samples.get(`redpost_${name}_seconds_bucket{le="+Inf",${labels}}`)).toBe(count);
    expect(samples.get(`redpost_${name}_seconds_sum{${labels}}`)).toBeGreaterThan(0);
  }
});

it('topics with their groups and channels are counted, too', async () => {
  const registry = new Registry();
  onTestFinished(collectProcessMetrics({ registry, prefix: 'app_' }));
  const topic = new Topic<number>('t', { connection: connection() });
  const pubsub = new PubSub<number>({ connection: connection() });
  onTestFinished(async () => {
    await topic.close();
    await pubsub.close();
  });
  await topic.publish(1);
  await pubsub.publish('news', 1);
  topic.group('billing').consume(() => {});
  const acked = 'app_settled_total{kind="topic",name="t",group="billing",outcome="acked"}';
  await eventually(async () => (await scrape(registry)).get(acked) === 1);
  const samples = await scrape(registry);
  expect(samples.get('app_sent_total{kind="topic",name="t",group=""}')).toBe(1);
  expect(samples.get('app_sent_total{kind="channel",name="news",group=""}')).toBe(1);
});

it('names above the bound are counted as one', async () => {
  const registry = new Registry();
  onTestFinished(collectProcessMetrics({ registry, maxNames: 2 }));
  const shared = connection();
  for (const name of ['one', 'two', 'three', 'four']) {
    await new Queue<number>(name, { connection: shared }).send(1);
  }
  const sent = async () =>
    [...(await scrape(registry))].filter(([name]) => name.startsWith('redpost_sent_total'));
  await eventually(async () => (await sent()).reduce((sum, [, value]) => sum + value, 0) === 4);
  expect((await sent()).map(([name, value]) => [/name="(\w+)"/.exec(name)?.[1], value])).toEqual([
    ['one', 1],
    ['two', 1],
    ['_other', 2],
  ]);
});

it('groups above the bound are counted as one, and those of Redis are not measured', async () => {
  const [counted, measured] = [new Registry(), new Registry()];
  const shared = connection();
  onTestFinished(collectProcessMetrics({ registry: counted, maxNames: 2 }));
  const topic = new Topic<number>('many groups', { connection: shared });
  onTestFinished(() => topic.close());
  const groups = ['one', 'two', 'three', 'four'];
  onTestFinished(
    collectRedisMetrics({
      connection: shared,
      registry: measured,
      queues: [],
      topics: [topic.name],
      maxNames: 2,
    }),
  );
  await topic.publish(1);
  for (const group of groups) topic.group(group).consume(() => {});
  const acked = async () =>
    [...(await scrape(counted))].filter(([name]) => name.includes('outcome="acked"'));
  await eventually(async () => (await acked()).reduce((sum, [, value]) => sum + value, 0) === 4);
  const labels = (await acked()).map(([name, value]) => [/group="(\w+)"/.exec(name)?.[1], value]);
  expect(labels).toHaveLength(3);
  expect(labels).toContainEqual(['_other', 2]);
  const lags = [...(await scrape(measured)).keys()].filter((name) => name.includes('group_lag'));
  expect(lags).toHaveLength(2);
});

it('a name and a group with spaces are not taken for others', async () => {
  const registry = new Registry();
  onTestFinished(collectProcessMetrics({ registry }));
  const shared = connection();
  const pairs = [
    ['c', 'a b'],
    ['b c', 'a'],
  ] as const;
  for (const [name, group] of pairs) {
    const topic = new Topic<number>(name, { connection: shared });
    onTestFinished(() => topic.close());
    await topic.publish(1);
    topic.group(group).consume(() => {});
  }
  await eventually(async () => {
    const samples = await scrape(registry);
    return pairs.every(
      ([name, group]) =>
        samples.get(
          `redpost_settled_total{kind="topic",name="${name}",group="${group}",outcome="acked"}`,
        ) === 1,
    );
  });
});

it('one process measures all queues, topics and groups in Redis', async () => {
  const registry = new Registry();
  const shared = connection();
  onTestFinished(collectRedisMetrics({ connection: shared, registry }));
  const queue = new Queue<number>('measured', { connection: shared });
  const topic = new Topic<number>('lagging', { connection: shared, partitions: 2 });
  await queue.sendBatch([{ body: 1 }, { body: 2 }, { body: 3, delayMs: 60_000 }]);
  await (await queue.receive())?.deadLetter();
  await queue.receive();
  await topic.publishBatch([{ body: 1 }, { body: 2 }, { body: 3 }]);
  await topic.group('slow').seek('beginning');
  await shared.call('LPUSH', ['measured', 'not JSON']);
  await eventually(async () =>
    (await scrape(registry)).has('redpost_group_lag{topic="lagging",group="slow"}'),
  );

  const samples = await scrape(registry);
  const of = (name: string) => samples.get(`redpost_queue_${name}{queue="measured"}`);
  expect(samples.get('redpost_up')).toBe(1);
  expect(samples.get('redpost_scrape_failures')).toBe(0);
  expect([of('pending'), of('active'), of('delayed'), of('dead'), of('consumers')]).toEqual([
    1, 1, 1, 1, 1,
  ]);
  expect(of('oldest_age_seconds')).toBe(0);
  expect(samples.get('redpost_topic_length{topic="lagging"}')).toBe(3);
  expect(samples.get('redpost_group_lag{topic="lagging",group="slow"}')).toBe(3);
  await queue.close();
  await topic.close();
});

it('the age of the next message grows while it waits', async () => {
  const registry = new Registry();
  const shared = connection();
  onTestFinished(
    collectRedisMetrics({ connection: shared, registry, queues: ['aging'], topics: [] }),
  );
  await new Queue<number>('aging', { connection: shared }).send(1);
  const age = async () =>
    (await scrape(registry)).get('redpost_queue_oldest_age_seconds{queue="aging"}') ?? 0;
  await eventually(async () => (await age()) > 0.05);
});

it('a queue that cannot be read does not hide the others', async () => {
  const registry = new Registry();
  const shared = connection();
  onTestFinished(
    collectRedisMetrics({ connection: shared, registry, queues: ['broken', 'fine'], topics: [] }),
  );
  await shared.call('SET', ['broken', 'no list']);
  await new Queue<number>('fine', { connection: shared }).send(1);
  const samples = await scrape(registry);
  expect(samples.get('redpost_scrape_failures')).toBe(1);
  expect(samples.get('redpost_queue_pending{queue="fine"}')).toBe(1);
});

it('a scrape goes on without Redis, and says so', async () => {
  const registry = new Registry();
  const closed = connect(redis.url);
  onTestFinished(collectRedisMetrics({ connection: closed, registry }));
  await closed.close();
  const samples = await scrape(registry);
  expect(samples.get('redpost_up')).toBe(0);
});

it('metrics are removed from the registry, and wrong options refused', async () => {
  const registry = new Registry();
  const shared = connection();
  const stops = [
    collectProcessMetrics({ registry }),
    collectRedisMetrics({ connection: shared, registry }),
  ];
  for (const stop of stops) stop();
  expect(registry.getMetricsAsArray()).toEqual([]);
  expect(() => collectProcessMetrics({ registry, maxNames: 0 })).toThrow(InvalidArgumentError);
  expect(() => collectRedisMetrics({ connection: shared, registry, name: 1 } as never)).toThrow(
    InvalidArgumentError,
  );
});
