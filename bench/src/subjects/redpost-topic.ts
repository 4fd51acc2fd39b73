import { connect } from '@redpost/core';
import { Topic } from '@redpost/topic';
import type { Body, QueueSubject } from '../subject.js';
import { crash } from './crash.js';

/** A topic with one consumer group: its records stay for others to read. */
export const redpostTopic: QueueSubject = {
  kind: 'queue',
  name: 'redpost-topic',
  title: 'redpost',
  variant: 'a topic, one group',
  server: 'redis',

  async open(url) {
    const connection = connect(url);
    await connection.ping();
    const topic = new Topic<Body>('bench', { connection });
    topic.on('error', crash);

    return {
      send: (body) => topic.publish(body),

      async sendBatch(bodies) {
        for (const result of await topic.publishBatch(bodies.map((body) => ({ body })))) {
          if (result.status === 'failed') throw result.error;
        }
      },

      async consume(handler, concurrency) {
        const group = topic.group('bench', { from: 'beginning' });
        const consumer = group.consume(({ body }) => handler(body), { concurrency });
        consumer.on('error', crash);
        consumer.on('failed', ({ error }) => crash(error));
        consumer.on('lost', () => crash(new Error('The lease was lost')));
        return consumer;
      },

      async close() {
        await topic.close();
        await connection.close();
      },
    };
  },
};
