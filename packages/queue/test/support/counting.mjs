// A process that handles messages for a while each, and prints when each one starts and ends, by the clock of this machine.
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '@redpost/core';
import { Queue } from '@redpost/queue';

const { url, name, options, waitMs } = JSON.parse(process.argv[2]);
const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const connection = connect(url);
connection.on('error', () => {});
const queue = new Queue(name, { connection });
queue
  .consume(async ({ body }) => {
    print({ started: body, at: Date.now() });
    await pause(waitMs);
    print({ ended: body, at: Date.now() });
  }, options)
  .on('error', () => {});
