import { connect, text } from '@redpost/core';
import { Queue } from '@redpost/queue';

/** A consumer in a process of its own: it takes a message, says so to its parent, and works until it is killed. */
const { REDIS_URL = '', DEMO_QUEUE = '', DEMO_LEASE_MS } = process.env;
const connection = connect(REDIS_URL, { name: 'redpost-demo-victim' });
const queue = new Queue<string>(DEMO_QUEUE, { connection, codec: text() });
queue.consume(
  async ({ body }) => {
    process.send?.(body);
    await new Promise(() => {});
  },
  { leaseMs: Number(DEMO_LEASE_MS) },
);
process.on('disconnect', () => process.exit());
