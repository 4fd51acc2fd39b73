// A process that sends requests. It prints the id of each, and its answer.
import { connect } from '@redpost/core';
import { Queue } from '@redpost/queue';

const { url, name, ids, options } = JSON.parse(process.argv[2]);
const connection = connect(url);
connection.on('error', () => {});
const queue = new Queue(name, { connection });
const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
for (const id of ids) {
  queue.request(id, { ...options, id }).then(
    (answer) => print({ id, answer }),
    (error) => print({ id, error: error.message }),
  );
}
print({ requested: ids.length });
