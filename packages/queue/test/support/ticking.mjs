// A consumer that prints the id of each message that it has handled, which takes a while.
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '@redpost/core';
import { Queue } from '@redpost/queue';

const { url, name, handleMs, options } = JSON.parse(process.argv[2]);
const connection = connect(url);
connection.on('error', () => {});
const queue = new Queue(name, { connection });
const consumer = queue.consume(async ({ id }) => {
  await pause(handleMs);
  process.stdout.write(`${id}\n`);
}, options);
process.on('SIGTERM', async () => {
  await consumer.stop();
  await connection.close();
});
