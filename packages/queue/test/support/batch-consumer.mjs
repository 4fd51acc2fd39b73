// A process that takes batches and never finishes one. It prints the bodies of each.
import { connect } from '@redpost/core';
import { Queue } from '@redpost/queue';

const { url, name, options } = JSON.parse(process.argv[2]);
const connection = connect(url);
connection.on('error', () => {});
const queue = new Queue(name, { connection });
queue.consumeBatch((deliveries) => {
  process.stdout.write(`${JSON.stringify(deliveries.map(({ body }) => body))}\n`);
  return new Promise(() => {});
}, options);
