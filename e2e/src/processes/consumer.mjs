// Handles messages until it gets SIGTERM, and reports each step of each delivery.
import { setTimeout as pause } from 'node:timers/promises';
import { connect, fixed } from '@redpost/core';
import { Queue } from '@redpost/queue';
import { options, report } from './report.mjs';

const { name, url, consume, settle, poison, handleMs, stopTimeoutMs } = options;

const connection = connect(url, { name });
connection.on('error', ({ code, message }) => report({ type: 'error', code, message }));
connection.on('ready', () => report({ type: 'ready' }));
const queue = new Queue(options.queue, { connection });
const consumer = queue.consume(handle, { backoff: fixed(10), ...consume });
consumer.on('lost', ({ deliveries }) => report({ type: 'lost', count: deliveries.length }));
consumer.on('recovered', (recovery) => report({ type: 'recovered', ...recovery }));
consumer.on('error', ({ code, message }) => report({ type: 'error', code, message }));

process.once('SIGTERM', async () => {
  await consumer.stop({ timeoutMs: stopTimeoutMs });
  await queue.close();
  await connection.close();
  report({ type: 'finished' });
});

async function handle(delivery) {
  const { body, receipt, attempt } = delivery;
  const { key, failures } = body;
  report({ type: 'started', key, receipt, attempt });
  if (key === poison) process.kill(process.pid, 'SIGKILL');
  await pause(handleMs ?? body.handleMs);
  if (attempt <= failures) {
    report({ type: 'failed', key, receipt });
    throw new Error('as the message demands');
  }
  report({ type: 'handled', key, receipt });
  if (settle === 'ack') await acknowledge(delivery);
}

async function acknowledge(delivery) {
  const { key } = delivery.body;
  const { receipt } = delivery;
  try {
    await delivery.ack();
    report({ type: 'acked', key, receipt });
  } catch (error) {
    report({ type: 'ack-refused', key, receipt, code: error.code });
    throw error;
  }
}
