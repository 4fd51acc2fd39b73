// Sends messages in bursts until it has sent `count`, or gets SIGTERM, and reports each outcome.
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '@redpost/core';
import { Queue } from '@redpost/queue';
import { options, report } from './report.mjs';

const { name, url, count, burst, everyMs, handleMs, delayEvery, failEvery, sendTimeoutMs } =
  options;

let isDone = false;
process.once('SIGTERM', () => {
  isDone = true;
});

const connection = connect(url, { name });
connection.on('error', ({ code, message }) => report({ type: 'error', code, message }));
const queue = new Queue(options.queue, { connection, ...(sendTimeoutMs && { sendTimeoutMs }) });
const sends = [];

while (sends.length < count && !isDone) {
  const until = Math.min(count, sends.length + burst);
  while (sends.length < until) sends.push(send(sends.length + 1));
  await pause(everyMs);
}
await Promise.all(sends);
await queue.close();
await connection.close();
report({ type: 'finished' });

async function send(number) {
  const key = `${name}-${number}`;
  const failures = failEvery && number % failEvery === 0 ? 1 : 0;
  const delayMs = delayEvery && number % delayEvery === 0 ? 30 : 0;
  const startedAt = performance.now();
  const sent = (outcome, code) => {
    report({ type: 'sent', key, outcome, code, tookMs: performance.now() - startedAt });
  };
  report({ type: 'sending', key });
  try {
    await queue.send({ key, handleMs, failures }, delayMs ? { delayMs } : {});
    sent('resolved');
  } catch (error) {
    sent(error.outcome ?? 'unstated', error.code);
  }
}
