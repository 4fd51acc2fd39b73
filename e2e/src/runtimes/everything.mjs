// Uses all parts of redpost, in any runtime or bundle: a queue whose handler blocks the event loop for longer
// than its lease, a channel, a topic and its group, and MessagePack. There is no top-level `await`, so that
// bundlers can make CommonJS of it.
import { connect, msgpack } from '@redpost/core';
import { PubSub } from '@redpost/pubsub';
import { Queue } from '@redpost/queue';
import { Topic } from '@redpost/topic';

const name = `everything-${process.pid}-${Date.now()}`;

/** Resolves to 'everything works', or rejects with the failure. */
export async function everything() {
  const connection = connect(process.env.REDIS_URL);
  const codec = msgpack(await import('msgpackr'));
  await aQueue(connection, codec);
  await aChannel(connection, codec);
  await aTopic(connection, codec);
  await connection.close();
  return 'everything works';
}

/** Another consumer would get the message if the lease were lost. */
async function aQueue(connection, codec) {
  const queue = new Queue(name, { connection, codec });
  const told = [];
  const consumer = queue.consume(
    ({ body }) => {
      told.push(body.work);
      for (const until = Date.now() + 1500; Date.now() < until; );
    },
    { leaseMs: 500, heartbeat: 'thread' },
  );
  consumer.on('error', ({ message }) => told.push(message));
  consumer.on('failed', ({ error }) => told.push(error.message));
  consumer.on('lost', () => told.push('lost'));
  await queue.send({ work: 'is done' });
  await new Promise((resolve) => consumer.on('drained', resolve));
  await consumer.stop();
  const { total } = await queue.stats();
  equal('queue', [...told, total.acked], ['is done', 1]);
}

async function aChannel(connection, codec) {
  const pubsub = new PubSub({ connection, codec });
  const subscription = await pubsub.subscribe(name);
  await pubsub.publish(name, { at: new Date(5) });
  const message = await subscription.next({ timeoutMs: 10_000 });
  await pubsub.close();
  equal('channel', message?.body.at.getTime(), 5);
}

async function aTopic(connection, codec) {
  const topic = new Topic(name, { connection, codec });
  const consumer = topic.group('group').consume(({ body }) => received(body));
  let received = () => {};
  const body = new Promise((resolve) => {
    received = resolve;
  });
  await topic.publish({ record: 1 });
  equal('topic', await body, { record: 1 });
  await consumer.stop();
  await topic.close();
}

function equal(what, found, expected) {
  const [is, shouldBe] = [found, expected].map((value) => JSON.stringify(value));
  if (is !== shouldBe) throw new Error(`${what}: ${is} instead of ${shouldBe}`);
}
