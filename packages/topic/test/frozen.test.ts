import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { MemberProcess, reportsOf } from './support/process.js';
import { type TestTopic, useTopics } from './support/topics.js';

const redis = useTopics();
const leaseMs = 500;
const sleeper = 1;
const successor = 2;

it.each([
  { settle: 'return', partitions: undefined },
  { settle: 'ack', partitions: undefined },
  { settle: 'ack', partitions: 2 },
] as const)(
  'a member that is frozen for longer than its lease is told, changes nothing by its stale $settle, and continues (partitions: $partitions)',
  async ({ settle, partitions }) => {
    const topic = redis.topic<number>(partitions ? { partitions } : {});
    const publish = (from: number, to: number) =>
      Promise.all(numbers(from, to).map((n) => topic.publish(n, { key: `k${n}` })));
    const options = { url: redis.url, name: topic.name, leaseMs, mode: 'consume' } as const;
    const more = { ...(partitions && { partitions }), settle, isGated: true };
    const start = (member: number) => new MemberProcess(member, { ...options, ...more });
    const frozen = start(sleeper);
    await publish(0, 5);
    await eventually(async () => (await begunBy(topic, sleeper)).length === 5);

    frozen.freeze();
    const waking = start(successor);
    // Each partition is taken over by itself: what is left when the sleeper wakes, it keeps.
    await eventually(async () => (await sumOf(topic, successor, 'recovered')) === 5);
    frozen.wake();
    await eventually(async () => (await sumOf(topic, sleeper, 'lost')) === 5);
    await openGate(topic, sleeper, 1);
    await eventually(async () => (await endedBy(topic, sleeper)).length === 5);

    // What it settled is still to be settled, by whoever was given it again.
    const group = topic.group('g');
    expect(await group.stats()).toMatchObject({ pending: 5, total: { acked: 0 } });
    const codes = (await endedBy(topic, sleeper)).map(({ refused }) => refused);
    expect(codes).toEqual(Array(5).fill(settle === 'ack' ? 'LEASE_LOST' : undefined));
    await openGate(topic, sleeper, 2);
    for (const attempt of [1, 2]) await openGate(topic, successor, attempt);
    await eventually(async () => (await group.stats()).total.acked === 5);
    await waking.finish();
    await publish(5, 10);
    await eventually(async () => (await group.stats()).total.acked === 10);
    await frozen.finish();

    expect((await begunBy(topic, sleeper)).filter((n) => n >= 5).sort()).toEqual(numbers(5, 10));
    expect(await group.stats()).toMatchObject({ lag: 0, pending: 0, delayed: 0, dead: 0 });
  },
);

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n);

async function linesOf(topic: TestTopic<number>, member: number) {
  return (await reportsOf(topic)).filter((line) => line.member === member);
}

async function begunBy(topic: TestTopic<number>, member: number): Promise<number[]> {
  const lines = await linesOf(topic, member);
  return lines.map(({ begins }) => begins).filter((n) => n !== undefined);
}

async function endedBy(topic: TestTopic<number>, member: number) {
  return (await linesOf(topic, member)).filter(({ ends }) => ends !== undefined);
}

async function sumOf(topic: TestTopic<number>, member: number, what: 'lost' | 'recovered') {
  return (await linesOf(topic, member)).reduce((sum, line) => sum + (line[what] ?? 0), 0);
}

/** Lets the handlers of a member go on that have records at this attempt, now and from now on. */
async function openGate(
  { connection, name }: TestTopic<number>,
  member: number,
  attempt: number,
): Promise<void> {
  await connection.call('SET', [`${name}:gate:${member}:${attempt}`, 'open']);
}
