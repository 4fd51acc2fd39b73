// A process that carries messages along a chain of queues: what it handles is sent to the next queue as it is acknowledged.
// The last queue of the chain has no consumer here.
import { connect } from '@redpost/core';
import { Queue } from '@redpost/queue';

const { url, names, options } = JSON.parse(process.argv[2]);
const connection = connect(url);
connection.on('error', () => {});
const queues = names.map((name) => new Queue(name, { connection }));
queues.slice(0, -1).forEach((queue, at) => {
  const consumer = queue.consume((delivery) => {
    const { hops, n } = delivery.body;
    const next = hops > 1 ? queues[(at + 1) % (queues.length - 1)] : queues.at(-1);
    return delivery.ack({ send: [{ queue: next, body: { n, hops: hops - 1 } }] });
  }, options);
  consumer.on('error', () => {});
});
process.stdout.write('ready\n');
