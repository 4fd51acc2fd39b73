// Moves the jobs of a queue of BullMQ, and says so when it begins and when it is through.
import { connect } from '@redpost/core';
import { Queue } from '@redpost/queue';
import { moveFromBullMQ } from '@redpost/queue/move';

const { url, from, to } = JSON.parse(process.argv[2]);
const connection = connect(url);
const queue = new Queue(to, { connection });
const result = await moveFromBullMQ(from, queue, {
  connection,
  onProgress: ({ moved }) => console.log(JSON.stringify({ moved })),
});
console.log(JSON.stringify({ result }));
await queue.close();
await connection.close();
