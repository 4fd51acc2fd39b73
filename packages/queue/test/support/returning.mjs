// A process whose handlers return their bodies, after a while if it is told to wait. It prints a line when one starts.
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '@redpost/core';
import { Queue } from '@redpost/queue';

const { url, name, options, waitMs = 0 } = JSON.parse(process.argv[2]);
const connection = connect(url);
connection.on('error', () => {});
const queue = new Queue(name, { connection });
queue
  .consume(async ({ id, body, attempt }) => {
    process.stdout.write(`${JSON.stringify({ started: id })}\n`);
    await pause(waitMs);
    return { body, attempt, pid: process.pid };
  }, options)
  .on('error', () => {});
