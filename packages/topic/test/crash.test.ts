import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { MemberProcess, type MemberReport, reportsOf } from './support/process.js';
import { type TestTopic, useTopics } from './support/topics.js';

const redis = useTopics();
const leaseMs = 600;
const numbers = (count: number, first = 0) => Array.from({ length: count }, (_, n) => first + n);

it('no record is lost when a member is killed, and the others go on', async () => {
  const topic = redis.topic<number>();
  const options = { url: redis.url, name: topic.name, leaseMs, mode: 'consume' } as const;
  const start = (member: number) => new MemberProcess(member, options);
  const [victim, survivor] = [start(1), start(2)];
  await eventually(async () => (await topic.group('g').stats()).consumers === 2);
  await Promise.all(numbers(6000).map((n) => topic.publish(n)));
  await eventually(async () => (await endedBy(topic, 1)) > 100);
  await victim?.kill();
  await eventually(async () => (await topic.group('g').lag()) === 0);
  await eventually(async () => (await topic.group('g').stats()).pending === 0);
  await survivor?.finish();

  const reports = await reportsOf(topic);
  const ended = new Set(reports.map(({ ends }) => ends).filter((n) => n !== undefined));
  expect(ended.size).toBe(6000);
  const again = reports.filter(({ begins, attempt }) => begins !== undefined && attempt === 2);
  expect(again.every(({ member }) => member === 2)).toBe(true);
  expect(await topic.group('g').stats()).toMatchObject({ dead: 0, delayed: 0, consumers: 0 });
});

it('when the owner of a partition is killed, each key continues where it was, in order', async () => {
  const topic = redis.topic<number>({ partitions: 4 });
  const options = {
    url: redis.url,
    name: topic.name,
    leaseMs,
    mode: 'consume',
    partitions: 4,
  } as const;
  const start = (member: number) => new MemberProcess(member, options);
  const members = [start(1), start(2)];
  await eventually(async () => (await topic.group('g').stats()).consumers === 4);
  await Promise.all(numbers(4000).map((n) => topic.publish(n, { key: `k${n % 40}` })));
  await eventually(async () => (await endedBy(topic, 1)) > 50 && (await endedBy(topic, 2)) > 50);
  await members[0]?.kill();
  await eventually(async () => (await topic.group('g').lag()) === 0);
  await eventually(async () => (await topic.group('g').stats()).pending === 0);
  await members[1]?.finish();

  const reports = await reportsOf(topic);
  for (const key of numbers(40).map((n) => `k${n}`)) {
    const begun = reports.filter((line) => line.key === key && line.begins !== undefined);
    // What was begun a second time was under way, or not yet confirmed, when its member died.
    const firsts = begun.filter(({ begins }, at) => {
      return begun.findIndex((line) => line.begins === begins) === at;
    });
    const order = firsts.map(({ begins }) => begins as number);
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order.length).toBe(100);
    expect(runsOneAtATime(reports, key)).toBe(true);
  }
});

async function endedBy(topic: TestTopic<number>, member: number): Promise<number> {
  const reports = await reportsOf(topic);
  return reports.filter((line) => line.member === member && line.ends !== undefined).length;
}

/** Within each member, a record ends before the next one of its key begins. */
function runsOneAtATime(reports: readonly MemberReport[], key: string): boolean {
  return [1, 2].every((member) => {
    const lines = reports.filter((line) => line.member === member && line.key === key);
    return lines.every((line, at) => {
      const before = lines[at - 1];
      return line.begins === undefined || !before || before.ends !== undefined;
    });
  });
}

it('forwarding survives a kill at any point: every record is sent, and those sent twice have one id', async () => {
  const topic = redis.topic<number>();
  const options = { url: redis.url, name: topic.name, leaseMs, mode: 'forward' } as const;
  const sent = async () =>
    ((await topic.connection.call('LRANGE', [`${topic.name}:sent`, 0, -1])) as Buffer[]).map(
      String,
    );
  const offsets = await Promise.all(numbers(8000).map((n) => topic.publish(n)));
  for (const round of numbers(3)) {
    const member = new MemberProcess(round, options);
    const before = (await sent()).length;
    await eventually(async () => (await sent()).length > before + 200 + round * 77);
    await member.kill();
  }
  const last = new MemberProcess(9, options);
  await eventually(async () => (await topic.group('forward:list').lag()) === 0);
  await eventually(async () => (await topic.group('forward:list').stats()).pending === 0);
  await last.finish();

  const distinct = new Set(await sent());
  expect(distinct).toEqual(new Set(offsets.map((offset, n) => `${topic.name}:0:${offset} ${n}`)));
});
