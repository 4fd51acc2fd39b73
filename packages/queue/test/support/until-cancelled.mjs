// A process whose handlers run until their signals are aborted. It prints a line when one starts, and when it is aborted.
import { connect } from '@redpost/core';
import { Queue } from '@redpost/queue';

const { url, name, options } = JSON.parse(process.argv[2]);
const connection = connect(url);
connection.on('error', () => {});
const queue = new Queue(name, { connection });
const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
queue.consume(({ id, signal }) => {
  print({ started: id });
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      const { code, reason } = signal.reason;
      print({ aborted: id, code, reason, at: Date.now() });
      reject(signal.reason);
    });
  });
}, options);
