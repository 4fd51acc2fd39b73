// Handles messages until it gets SIGTERM, and reports each step of each delivery.
import './clock.mjs';
import { setTimeout as pause } from 'node:timers/promises';
import { connect, fixed } from '@redpost/core';
import { Queue } from '@redpost/queue';
import { Topic } from '@redpost/topic';
import { options, report, sharedNow, toldToFinish } from './report.mjs';

const { name, target, topic, consume, settle, stopTimeoutMs } = options;
const { handleMs, blockEvery, blockMs } = options;

const connection = connect(target, { name, ...options.connection });
connection.on('error', ({ code, message }) => report({ type: 'error', code, message }));
connection.on('ready', () => report({ type: 'ready', clock: Date.now() }));
const source = topic
  ? new Topic(options.queue, { connection })
  : new Queue(options.queue, { connection });
const line = topic ? source.group('consumers') : source;
const consumer = line.consume(handle, { backoff: fixed(10), ...consume });
consumer.on('lost', ({ deliveries }) => report({ type: 'lost', count: deliveries.length }));
consumer.on('recovered', (recovery) => report({ type: 'recovered', ...recovery }));
consumer.on('error', ({ code, message }) => report({ type: 'error', code, message }));
if (topic) consumer.on('recreated', () => report({ type: 'recreated' }));

void toldToFinish.then(async () => {
  await consumer.stop({ timeoutMs: stopTimeoutMs });
  await source.close();
  await connection.close();
  report({ type: 'finished' });
});

let runs = 0;

async function handle(delivery) {
  const { body, receipt, attempt } = delivery;
  const { key, failures } = body;
  report({ type: 'started', key, receipt, attempt });
  if (body.kills) crash();
  runs += 1;
  if (blockEvery && runs % blockEvery === 0) block();
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

function crash() {
  report({ type: 'incident', kind: 'poison', since: sharedNow() });
  process.kill(process.pid, 'SIGKILL');
}

/** Neither timers nor sockets of this thread are handled meanwhile. */
function block() {
  const since = sharedNow();
  while (sharedNow() < since + blockMs);
  report({ type: 'incident', kind: 'blocked', since });
}
