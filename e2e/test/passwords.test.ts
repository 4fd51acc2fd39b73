import { inspect } from 'node:util';
import { type ConnectionTarget, type ConnectOptions, connect } from '@redpost/core';
import { startRedis } from '@redpost/core/embedded';
import { PubSub } from '@redpost/pubsub';
import { Queue } from '@redpost/queue';
import { Topic } from '@redpost/topic';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../tooling/eventually.js';

const canary = 'c4n4ry-p4ssw0rd';

/** All that a logger, a debugger or a person may look at. */
function everythingIn(value: unknown): string {
  const shown = inspect(value, { depth: 12, showHidden: true, maxStringLength: null });
  return shown + String(value) + JSON.stringify(value, withCauses);
}

function withCauses(_: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  return { ...value, message: value.message, stack: value.stack, cause: value.cause };
}

/** Uses every part of redpost as long as `until` wants it, and collects what they say. */
async function wordsOf(target: ConnectionTarget, options: ConnectOptions = {}): Promise<string> {
  const words: unknown[] = [];
  const hear = (said: unknown) => void words.push(said);
  const onWarning = (warning: Error) => hear(warning);
  process.on('warning', onWarning);
  const connection = connect(target, { callTimeoutMs: 1500, ...options });
  onTestFinished(async () => {
    process.off('warning', onWarning);
    await connection.close();
  });
  for (const event of ['error', 'interrupted', 'resumed'] as const) connection.on(event, hear);

  const queue = new Queue('q', { connection });
  const topic = new Topic('t', { connection });
  const pubsub = new PubSub({ connection });
  queue.on('error', hear);
  topic.on('error', hear);
  const consumer = queue.consume(() => {});
  const member = topic.group('g').consume(() => {});
  consumer.on('error', hear);
  member.on('error', hear);
  const tried = [
    connection.ping(),
    queue.send(1),
    queue.sendBatch([{ body: 1 }]),
    queue.receive({ timeoutMs: 100 }),
    queue.deadLetters.list(),
    pubsub.publish('c', 1),
    pubsub.subscribe('c'),
    topic.publish(1),
    connection.call('NOSUCHCOMMAND', ['argument']),
  ];
  words.push(await Promise.allSettled(tried));
  words.push(connection, connection.address, queue, topic, pubsub, consumer, member);
  const text = words.map(everythingIn).join('\n');
  await consumer.stop({ timeoutMs: 0 });
  await member.stop({ timeoutMs: 0 });
  return text;
}

async function protectedRedis(password = 'the right one') {
  const redis = await startRedis({ args: ['--requirepass', password] });
  onTestFinished(() => redis.stop());
  return redis;
}

it.each<[string, (port: number) => ConnectionTarget]>([
  ['a URL', (port) => `redis://:${canary}@127.0.0.1:${port}`],
  ['a URL with a user', (port) => `redis://ann:${canary}@127.0.0.1:${port}`],
  ['options', (port) => ({ port, username: 'ann', password: canary })],
  ['nodes of a Cluster', (port) => [`redis://:${canary}@127.0.0.1:${port}`]],
  [
    'Sentinels',
    (port) => ({
      sentinels: [{ host: '127.0.0.1', port }],
      name: 'main',
      password: canary,
      sentinelPassword: canary,
    }),
  ],
])('a wrong password in %s is nowhere to be read', async (_, target) => {
  const { port } = await protectedRedis();

  expect(await wordsOf(target(port))).not.toContain(canary);
});

it('a right password is nowhere to be read, also not when Redis goes away', async () => {
  const redis = await protectedRedis(canary);
  const url = `redis://:${canary}@127.0.0.1:${redis.port}`;
  const connection = connect(url);
  onTestFinished(() => connection.close());
  let interruption: unknown;
  connection.on('interrupted', (event) => {
    interruption = event;
  });

  expect(await wordsOf(url)).not.toContain(canary);
  await connection.ping();
  await redis.kill();
  await eventually(() => interruption);
  expect(everythingIn(interruption)).not.toContain(canary);
  expect(await wordsOf(url)).not.toContain(canary);
});
