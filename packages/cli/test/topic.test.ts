import { connect } from '@redpost/core';
import { Topic } from '@redpost/topic';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { uniqueName, useRedpost } from './support/redpost.js';

const redpost = useRedpost();

const topic = async (...args: string[]) => redpost.run(['topic', ...args]);
const bodiesOf = (lines: readonly Record<string, unknown>[]) => lines.map(({ body }) => body);

it('publishes records, which any number of readers read, from and until a place', async () => {
  const name = uniqueName();
  const published = await topic('publish', name, '1', '2', '--key', 'k', '--header', 'trace=x');
  const [first] = published.lines as { offset: string }[];
  expect(published.lines).toEqual([
    { topic: name, partition: 0, offset: expect.any(String), body: 1 },
    { topic: name, partition: 0, offset: expect.any(String), body: 2 },
  ]);
  await redpost.run(['topic', 'publish', name, '--quiet'], { input: '3\n4\n' });

  const all = await topic('read', name);
  expect(bodiesOf(all.lines)).toEqual([1, 2, 3, 4]);
  expect(all.lines[0]).toEqual({
    offset: first?.offset,
    partition: 0,
    body: 1,
    key: 'k',
    publishedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    headers: { trace: 'x' },
  });
  expect(bodiesOf((await topic('read', name, '--from', `${first?.offset}`)).lines)).toEqual([
    2, 3, 4,
  ]);
  expect(bodiesOf((await topic('read', name, '--until', `${first?.offset}`)).lines)).toEqual([1]);
  expect((await topic('read', name, '--until', '1h')).lines).toEqual([]);
  expect(bodiesOf((await topic('read', name, '--from', '1h', '-n', '2')).lines)).toEqual([1, 2]);
  expect((await topic('read', name, '--until', 'tomorrow')).code).toBe(2);
  expect((await topic('read', uniqueName())).stdout).toBe('');
});

it('follows a topic until Ctrl-C', async () => {
  const name = uniqueName();
  const reading = redpost.start(['topic', 'read', name, '--follow', '--from', 'beginning']);
  await topic('publish', name, '1');
  await eventually(() => reading.stdout.includes('"body":1'));

  reading.process.kill('SIGINT');

  expect((await reading.ended).code).toBe(0);
});

it('knows the partitions of a topic, which are given when it is new', async () => {
  const name = uniqueName();
  await topic('publish', name, '--partitions', '4', '1', '2', '3', '4', '5');

  const all = await topic('read', name);
  const offset = (all.lines as { offset: string }[])[0]?.offset ?? '';
  expect(bodiesOf(all.lines).sort()).toEqual([1, 2, 3, 4, 5]);
  expect(new Set(all.lines.map(({ partition }) => partition)).size).toBe(4);
  expect((await topic('read', name, '--partition', '0')).lines.length).toBeGreaterThan(0);
  expect((await topic('read', name, '--until', offset)).code).toBe(2);
  expect((await topic('publish', name, '--partitions', '3', '1')).stderr).toContain('4 partition');
});

it('changes how many partitions a topic has, and shows them', async () => {
  const name = uniqueName();
  await topic('publish', name, '1', '2', '3');
  const set = await topic('partitions', 'set', name, '2');
  await topic('publish', name, '4', '--partitions', '7');
  const shown = await topic('partitions', 'show', name);
  const table = await redpost.onTerminal(`topic partitions show ${name}`);

  expect(set.code).toBe(0);
  expect(set.lines).toMatchObject([{ topic: name, count: 2, isMoving: false }]);
  const [{ partitions = [] } = {}] = shown.lines as { partitions?: { length: number }[] }[];
  expect(partitions).toMatchObject([
    { partition: 0, stream: name, isFormer: true, length: 3 },
    { partition: 1, stream: `{${name}:1}:partition`, isFormer: false },
    { partition: 2, stream: `{${name}:2}:partition`, isFormer: false },
  ]);
  expect(partitions.reduce((sum, { length }) => sum + length, 0)).toBe(4);
  expect(table.stdout).toMatch(/^PARTITION +STREAM +RECORDS +FORMER\r\n/);
  expect(table.stdout).toMatch(/2 partitions\r\n$/);
  expect(bodiesOf((await topic('read', name)).lines)).toEqual([1, 2, 3, 4]);
  expect(bodiesOf((await topic('read', name, '--partition', '0')).lines)).toEqual([1, 2, 3]);
  for (const count of ['0', '1025', 'many']) {
    expect((await topic('partitions', 'set', name, count)).code).toBe(2);
  }
});

it('shows groups and their lag, moves one, and redrives and purges its dead letters', async () => {
  const name = uniqueName();
  const connection = connect(redpost.url);
  onTestFinished(() => connection.close());
  const events = new Topic<number>(name, { connection });
  for (const body of [1, 2, 3]) await events.publish(body);
  const failing = events.group('billing').consume(
    () => {
      throw new Error('no');
    },
    { maxAttempts: 1 },
  );
  failing.on('failed', () => {});
  const { deadLetters } = events.group('billing');
  await eventually(async () => (await deadLetters.count()) === 3);
  await events.close();

  expect((await topic('groups', name)).lines).toMatchObject([
    { topic: name, group: 'billing', lag: 0, pending: 0, dead: 3, consumers: 0 },
  ]);
  const table = await redpost.onTerminal(`topic groups ${name}`);
  expect(table.stdout).toMatch(/^GROUP +LAG .*\r\nbilling +0 +0 +0 +3 /);

  const { lines: letters } = await topic('dead', 'list', name, 'billing');
  expect(letters).toMatchObject([
    { body: 1, reason: 'failed', error: 'no', attempt: 1 },
    { body: 2 },
    { body: 3 },
  ]);
  const entry = String(letters[0]?.entry);
  expect((await topic('dead', 'redrive', name, 'billing', '--entry', entry)).lines).toEqual([
    { topic: name, group: 'billing', redriven: 1 },
  ]);
  expect((await topic('dead', 'redrive', name, 'billing', '--entry', entry)).code).toBe(1);
  const edited = String(letters[1]?.entry);
  expect((await topic('dead', 'edit', name, 'billing', edited, '{7')).code).toBe(2);
  const edit = ['dead', 'edit', name, 'billing', edited, '7'] as const;
  expect((await topic(...edit)).lines).toEqual([{ topic: name, group: 'billing', redriven: 1 }]);
  expect((await topic(...edit)).code).toBe(1);
  expect(await redpost.redisCli('XREVRANGE', name, '+', '-', 'COUNT', '1')).toContain('body\n7\n');
  expect((await topic('dead', 'redrive', name, 'billing', '--rate', '0')).code).toBe(2);
  expect((await topic('dead', 'purge', name, 'billing')).code).toBe(2);
  expect((await topic('dead', 'purge', name, 'billing', '--yes')).lines).toEqual([
    { topic: name, group: 'billing', purged: 1 },
  ]);

  expect((await topic('seek', name, 'billing', '--to', 'beginning')).code).toBe(2);
  const lag = (count: number) => [{ topic: name, group: 'billing', lag: count }];
  const sought = await topic('seek', name, 'billing', '--to', 'beginning', '--yes');
  expect(sought.lines).toEqual((await topic('lag', name, 'billing')).lines);
  expect((await topic('seek', name, 'billing', '--to', 'latest', '--yes')).lines).toEqual(lag(0));
  expect((await topic('lag', name)).lines).toEqual(lag(0));
  expect(await topic('lag', name, 'nosuch')).toMatchObject({
    code: 1,
    stderr: `redpost: the topic ${name} has no group nosuch: it has billing\n`,
  });
  expect((await topic('seek', name, 'audit', '--to', 'beginning')).code).toBe(0);
});

it('delivers dead letters again at a rate, tells how far it is, and how many there were when it is interrupted', async () => {
  const name = uniqueName();
  const connection = connect(redpost.url);
  onTestFinished(() => connection.close());
  const events = new Topic<number>(name, { connection });
  await events.group('billing').seek('beginning');
  const { deadLetters } = events.group('billing');
  const letter = ['reason', 'failed', 'error', '', 'offset', '1-0', 'attempt', '5', 'body', '1'];
  const fill = `for n = 1, 1500 do redis.call('XADD', KEYS[1], n .. '-0', unpack(ARGV)) end`;
  await connection.call('EVAL', [fill, 1, `{${name}}:dead:billing`, ...letter]);

  const command = ['topic', 'dead', 'redrive', name, 'billing', '--rate', '100', '--yes'];
  const redriving = redpost.start(command);
  await eventually(() => /redriven \d+ of 1,500/.test(redriving.stderr));
  redriving.process.kill('SIGINT');
  const { code, lines, stderr } = await redriving.ended;
  expect(code).toBe(130);
  const redriven = 1500 - (await deadLetters.count());
  expect(redriven).toBeGreaterThan(0);
  expect(lines).toEqual([{ topic: name, group: 'billing', redriven }]);
  expect(stderr.trimEnd().split('\n').at(-1)).toBe(
    `redpost: interrupted: redriven ${redriven.toLocaleString('en-US')} of 1,500 dead letters`,
  );
  await events.close();
});
