import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { outputOf } from '../../tooling/program-output.js';

let redis: EmbeddedRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis?.stop());

const uniqueName = () => `test:${randomUUID()}`;
const folder = fileURLToPath(new URL('..', import.meta.url));

// As in a program that is half migrated: each library is there twice, and so are the classes of errors.
const mixtures: [title: string, imports: string][] = [
  [
    'a module has connected, and the topic is CommonJS',
    `import { connect, isRedpostError, ServerError } from '@redpost/core';
     const { PubSub } = createRequire(import.meta.url)('@redpost/pubsub');
     const { Topic } = createRequire(import.meta.url)('@redpost/topic');`,
  ],
  [
    'CommonJS has connected, and the topic is a module',
    `import { PubSub } from '@redpost/pubsub';
     import { Topic } from '@redpost/topic';
     const { connect, isRedpostError, ServerError } = createRequire(import.meta.url)('@redpost/core');`,
  ],
];

it.each(mixtures)(
  'a group that was destroyed is created again, and has a lag, where %s',
  async (_, imports) => {
    const program = `import { createRequire } from 'node:module';
      ${imports}
      const connection = connect('${redis.url}');
      const topic = new Topic('${uniqueName()}', { connection });
      const group = topic.group('g', { from: 'beginning' });
      await topic.publish(1);
      console.log('lag', await group.lag());
      let isHandled;
      const handled = new Promise((resolve) => { isHandled = resolve; });
      const consumer = group.consume(({ body }) => {
        console.log('handled', body);
        if (body === 2) isHandled();
      });
      consumer.on('error', (error) => console.log('error', error.message));
      while ((await group.lag()) > 0) await new Promise(setImmediate);
      await connection.call('XGROUP', ['DESTROY', topic.name, 'g']);
      await topic.publish(2);
      await handled;
      await consumer.stop();
      console.log('lag', await group.lag());
      await connection.close();`;

    const lines = (await outputOf('module', program, folder)).trim().split('\n');

    // What the group had handled may come again: it forgot it when it was destroyed.
    expect([...new Set(lines)]).toEqual(['lag 1', 'handled 1', 'handled 2', 'lag 0']);
  },
);

it.each(mixtures)('errors are recognised by their brand where %s', async (_, imports) => {
  const name = uniqueName();
  const program = `import { createRequire } from 'node:module';
    ${imports}
    const connection = connect('${redis.url}');
    const report = (call) => call.then(console.log, (error) =>
      console.log(error.code, isRedpostError(error), isRedpostError(error, error.code)));

    const topic = new Topic('${name}', { connection, maxMessageBytes: 10 });
    await report(topic.publish('x'.repeat(11)));
    await connection.call('SET', ['${name}', 'text']);
    await report(topic.publish('x'));
    await report(topic.group('g').lag());

    const pubsub = new PubSub({ connection });
    await report(pubsub.request('${uniqueName()}', 1));
    await connection.close();
    await report(topic.publish('x'));
    await report(pubsub.publish('c', 1));
    const error = await connection.call('GET', ['x']).catch((thrown) => thrown);
    console.log(error instanceof ServerError, isRedpostError(error));`;

  expect((await outputOf('module', program, folder)).trim().split('\n')).toEqual([
    'MESSAGE_TOO_LARGE true true',
    'WRONG_TYPE true true',
    'WRONG_TYPE true true',
    'NO_RESPONDER true true',
    'CLOSED true true',
    'CLOSED true true',
    'false true',
  ]);
});
