import { expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import { List, Queue } from '../src/index.js';
import { openConnection, startOwnRedis } from './support/use-redis.js';

/** A Redis with a user who may do everything but what these rules take away. */
async function startWithRules(...rules: string[]) {
  const { url, port } = await startOwnRedis();
  const admin = openConnection(url);
  const allow = (...more: string[]) => admin.call('ACL', ['SETUSER', 'limited', ...more]);
  await allow('on', '>secret', '~*', '&*', '+@all', ...rules);
  const connection = openConnection(`redis://limited:secret@127.0.0.1:${port}`);
  return { admin, allow, connection };
}

it('a consumer that may not wait for messages asks for them, and says so once', async () => {
  const { connection, allow } = await startWithRules('-blmove');
  const queue = new Queue<string>('q', { connection });
  const handled: string[] = [];
  const errors: Error[] = [];
  const consumer = queue.consume(({ body }) => void handled.push(body));
  consumer.on('error', (error) => errors.push(error));
  await eventually(() => errors.length > 0);
  for (const body of ['first', 'second']) {
    await queue.send(body);
    await eventually(() => handled.includes(body));
  }
  expect(errors).toEqual([expect.objectContaining({ code: 'SERVER', reply: 'NOPERM' })]);

  await allow('+blmove');
  await queue.send('third');
  await eventually(() => handled.includes('third'));
  await consumer.stop();
});

it('a List that may not wait rejects, always on the same socket', async () => {
  const { admin, connection } = await startWithRules('-blpop');
  const list = new List<string>('list', { connection });
  const refusal = { code: 'SERVER', reply: 'NOPERM' };
  expect(await rejection(list.blpop({ timeoutMs: 50 }))).toMatchObject(refusal);
  const connected = async () =>
    /total_connections_received:(\d+)/.exec(String(await admin.call('INFO', ['stats'])))?.[1];
  const before = await connected();
  for (let n = 0; n < 10; n += 1) {
    expect(await rejection(list.blpop({ timeoutMs: 50 }))).toMatchObject(refusal);
  }
  expect(await connected()).toBe(before);
});

it('a consumer whose signals are refused subscribes again once it may', {
  timeout: 40_000,
}, async () => {
  const { admin, connection, allow } = await startWithRules('resetchannels');
  const queue = new Queue<string>('q', { connection });
  const errors: Error[] = [];
  const consumer = queue.consume(() => {});
  consumer.on('error', (error) => errors.push(error));
  await eventually(() => errors.length > 0);
  await allow('allchannels');
  const subscribed = async () => {
    const [, count] = (await admin.call('PUBSUB', ['NUMSUB', '{q}:signal'])) as [Buffer, number];
    return count > 0;
  };
  await eventually(subscribed, 30_000);
  expect(errors).toHaveLength(1);
  await consumer.stop();
});

it('a consumer whose socket for reads is refused works without EXEC too, and says so', async () => {
  const { connection, allow } = await startWithRules('-exec');
  await connection.ping();
  await allow('resetpass', '>changed');
  const queue = new Queue<string>('q', { connection });
  const handled: string[] = [];
  const errors: Error[] = [];
  const consumer = queue.consume(({ body }) => void handled.push(body));
  consumer.on('error', (error) => errors.push(error));
  await queue.send('there');
  await eventually(() => handled.includes('there'));
  await eventually(() => errors.some(({ message }) => message.includes('exec')));
  await queue.send('later');
  await eventually(() => handled.includes('later'));
  await consumer.stop();
});
