import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { deferred, type TestTopic, useTopics } from './support/topics.js';

// Small nodes, because `~` trims whole ones.
const redis = useTopics({ args: ['--stream-node-max-entries', '10'] });
const numbers = (count: number, first = 0) => Array.from({ length: count }, (_, n) => first + n);

async function fill(topic: { publish(n: number): Promise<string> }, count: number, first = 0) {
  return Promise.all(numbers(count, first).map((n) => topic.publish(n)));
}

function recordCuts(topic: TestTopic<number>): number[] {
  const cuts: number[] = [];
  topic.on('cut', ({ records }) => cuts.push(records));
  return cuts;
}

it('maxLength keeps the newest records, and up to 100 more', async () => {
  const topic = redis.topic<number>({ retention: { maxLength: 50 } });
  await fill(topic, 1000);

  const { length } = await topic.stats();
  expect(length).toBeGreaterThanOrEqual(50);
  expect(length).toBeLessThan(150);
  const reply = (await topic.connection.call('XREVRANGE', [topic.name, '+', '-', 'COUNT', 1])) as [
    [Buffer, Buffer[]],
  ];
  expect(String(reply[0][1][1])).toBe('999');
});

it('maxAgeMs removes older records, by the clock of the server', async () => {
  const topic = redis.topic<number>({ retention: { maxAgeMs: 60_000 } });
  for (const n of numbers(40, 1)) {
    await topic.connection.call('XADD', [topic.name, `${n}-0`, 'body', n]);
  }
  await topic.publish(0);

  expect((await topic.stats()).length).toBeLessThanOrEqual(11);
});

it('maxAgeMs removes any number of records that all groups have acknowledged without counting them as cut', async () => {
  const topic = redis.topic<number>({ retention: { maxAgeMs: 60_000 } });
  const cuts = recordCuts(topic);
  const add = (n: number) => topic.connection.call('XADD', [topic.name, `${n}-0`, 'body', n]);
  await Promise.all(numbers(5000, 1).map(add));
  await topic.group('done').seek('latest');
  // Redis removes 100 nodes at a time, of 10 records each here.
  for (const n of numbers(6)) await topic.publish(n);

  expect([cuts, (await topic.stats()).cut]).toEqual([[], 0]);
  expect((await topic.stats()).length).toBeLessThan(100);
});

it('a limit that cuts unread records emits an event and counts them exactly', async () => {
  const topic = redis.topic<number>({ retention: { maxLength: 100 } });
  const cuts = recordCuts(topic);
  await fill(topic, 50);
  const group = topic.group('slow');
  await group.seek('beginning');
  await fill(topic, 950, 50);

  const { length, cut } = await topic.stats();
  expect(cut).toBe(1000 - length);
  expect(cuts.reduce((sum, records) => sum + records, 0)).toBe(cut);
});

it('a limit that removes only records that every group has acknowledged is not reported as cut', async () => {
  const topic = redis.topic<number>({ retention: { maxLength: 100 } });
  const cuts = recordCuts(topic);
  let seen = 0;
  topic.group('fast').consume(() => {
    seen += 1;
  });
  for (const batch of numbers(10)) {
    await fill(topic, 90, batch * 90);
    await eventually(
      async () => (await topic.group('fast').stats()).total.acked === (batch + 1) * 90,
    );
  }

  expect(seen).toBe(900);
  expect((await topic.stats()).length).toBeLessThan(300);
  expect([cuts, (await topic.stats()).cut]).toEqual([[], 0]);
});

it('a cut without a listener is an error', async () => {
  const topic = redis.topic<number>({ retention: { maxLength: 10 } });
  await topic.group('slow').seek('beginning');
  await fill(topic, 300);

  // Fifty records are published at a time, and fewer than a hundred need not go yet.
  const cut = { code: 'CUT', partition: 0 };
  expect(topic.errors).toMatchObject([
    { ...cut, records: 140 },
    { ...cut, records: 100 },
  ]);
});

it('whenAcknowledged keeps the records that the slowest group has not acknowledged', async () => {
  const retention = { maxLength: 10, whenAcknowledged: true };
  const topic = redis.topic<number>({ retention });
  const cuts = recordCuts(topic);
  const release = deferred();
  const held: number[] = [];
  topic.group('fast').consume(() => {});
  topic.group('stuck').consume(
    async ({ body }) => {
      held.push(body);
      if (body === 500) await release.promise;
    },
    { concurrency: 2 },
  );
  await fill(topic, 1000);
  await eventually(() => held.length >= 1000);
  await eventually(async () => (await topic.group('fast').stats()).total.acked === 1000);
  await fill(topic, 200, 1000);
  await eventually(async () => (await topic.group('stuck').stats()).pending <= 1);

  // From 500 on, everything is there, though all but 500 itself was acknowledged.
  const offsets: number[] = [];
  for await (const { body } of topic.read({ from: 'beginning' })) {
    offsets.push(body);
    if (body === 1199) break;
  }
  expect(offsets[0]).toBeGreaterThan(400);
  expect(offsets[0]).toBeLessThanOrEqual(500);
  release.resolve();
  await eventually(async () => (await topic.group('stuck').stats()).pending === 0);
  await fill(topic, 1, 1200);
  expect((await topic.stats()).length).toBeLessThan(120);
  expect([cuts, (await topic.stats()).cut]).toEqual([[], 0]);
});

it('whenAcknowledged alone removes records that all groups have acknowledged, and none without groups', async () => {
  const topic = redis.topic<number>({ retention: { whenAcknowledged: true } });
  await fill(topic, 500);
  expect((await topic.stats()).length).toBe(500);

  topic.group('a').consume(() => {});
  await eventually(async () => (await topic.group('a').stats()).total.acked === 500);
  await topic.group('b').seek('beginning');
  await topic.publish(500);
  expect((await topic.stats()).length).toBe(501);
  topic.group('b').consume(() => {});
  await eventually(async () => (await topic.group('b').stats()).total.acked === 501);
  await topic.publish(501);

  expect((await topic.stats()).length).toBeLessThan(100);
});

it('a hard limit above whenAcknowledged cuts, and says so', async () => {
  const retention = { maxLength: 10, whenAcknowledged: { hardMaxLength: 400 } };
  const topic = redis.topic<number>({ retention });
  const cuts = recordCuts(topic);
  await topic.group('gone').seek('beginning');
  await fill(topic, 450);
  expect((await topic.stats()).length).toBe(450);
  await fill(topic, 1000, 450);

  const { length, cut } = await topic.stats();
  expect(length).toBeGreaterThanOrEqual(400);
  expect(length).toBeLessThan(500);
  expect(cut).toBe(1450 - length);
  expect(cuts.length).toBeGreaterThan(0);
});
