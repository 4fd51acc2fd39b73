// Moves the jobs of a queue of bee-queue, and says so after each part and when it is through.
import { connect } from '@redpost/core';
import { Queue } from '@redpost/queue';
import { moveFromBeeQueue } from '@redpost/queue/move';

const { url, from, to } = JSON.parse(process.argv[2]);
const connection = connect(url);
const queue = new Queue(to, { connection });
const result = await moveFromBeeQueue(from, queue, {
  connection,
  onProgress: ({ moved }) => console.log(JSON.stringify({ moved })),
});
console.log(JSON.stringify({ result }));
await queue.close();
await connection.close();
