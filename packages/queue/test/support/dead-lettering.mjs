// A process with a consumer that dead-letters each message, until it is killed. It declares nothing.
import { connect } from '@redpost/core';
import { Queue } from '@redpost/queue';

const [url, name] = process.argv.slice(2);
const queue = new Queue(name, { connection: connect(url) });
const consumer = queue.consume((delivery) => delivery.deadLetter('no'), { concurrency: 10 });
consumer.on('error', () => {});
consumer.on('failed', () => {});
