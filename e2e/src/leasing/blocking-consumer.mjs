// A process whose handler blocks the event loop. It tells in Redis what happens, and ends by itself
// when everything is closed.
import { connect } from '@redpost/core';
import { Queue } from '@redpost/queue';
import { Topic } from '@redpost/topic';

const { url, name, kind, partitions, blockMs, options } = JSON.parse(process.argv[2]);
const connection = connect(url);
const isQueue = kind === 'queue';
const open = isQueue
  ? new Queue(name, { connection })
  : new Topic(name, { connection, partitions });
const leasedFrom = isQueue ? open : open.group('g', { from: 'beginning' });
const tell = (line) => connection.call('RPUSH', [`${name}:told`, line]);

const consumer = leasedFrom.consume(async ({ attempt }) => {
  await tell(`begins ${attempt}`);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, blockMs);
  await tell(`ends ${attempt}`);
}, options);
consumer.on('lost', ({ deliveries }) => tell(`lost ${deliveries.length}`));
consumer.on('error', (error) => tell(`error ${error.message}`));

process.stdin.resume();
process.stdin.on('end', async () => {
  await consumer.stop();
  await open.close();
  await connection.close();
});
