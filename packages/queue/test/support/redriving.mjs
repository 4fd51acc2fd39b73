// A process that redrives the dead letters of a queue to another one, until it is killed.
import { connect } from '@redpost/core';
import { Queue } from '@redpost/queue';

const [url, from, to] = process.argv.slice(2);
const queue = new Queue(from, { connection: connect(url) });
await queue.deadLetters.redrive({ to, ratePerSecond: 500 });
process.exit();
