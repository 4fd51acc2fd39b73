import { AsyncLocalStorage, createHook } from 'node:async_hooks';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { useRedis } from './support/use-redis.js';

const redis = useRedis();
const request = new AsyncLocalStorage<string>();

it('subscribers and listeners hear in the context in which they came', async () => {
  const heard: unknown[] = [];
  const connection = request.run('first', () => redis.connect());
  request.run('listener', () => connection.on('ready', () => heard.push(request.getStore())));
  for (const name of ['first', 'second']) {
    await request.run(name, () =>
      connection.subscribe(
        { kind: 'channel', name: 'context' },
        { message: () => heard.push(request.getStore()) },
      ),
    );
  }

  await connection.call('PUBLISH', ['context', '1']);
  await eventually(() => heard.length === 3);

  expect(heard).toEqual(['listener', 'first', 'second']);
});

it('sockets are opened outside of the context of the call that needs them', async () => {
  const opened: unknown[] = [];
  const hook = createHook({
    init: (_id, type) => {
      if (type === 'TCPWRAP') opened.push(request.getStore());
    },
  }).enable();
  onTestFinished(() => void hook.disable());

  await request.run('a request', async () => {
    const connection = redis.connect();
    await connection.subscribe({ kind: 'channel', name: 'opened' }, { message: () => {} });
    await connection.block((ms) => ['BLPOP', 'opened', ms / 1000], { timeoutMs: 10 });
    await connection.call('SET', ['opened', '1'], { replicas: 1, timeoutMs: 50 }).catch(() => {});
    const socket = connection.openSubscriptionSocket();
    await socket.subscribe({ kind: 'channel', name: 'opened' }, { message: () => {} });
  });

  expect(opened).toEqual(Array(5).fill(undefined));
});
