// Sends messages in bursts until it has sent `count`, or gets SIGTERM, and reports each outcome.
import './clock.mjs';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '@redpost/core';
import { Queue } from '@redpost/queue';
import { Topic } from '@redpost/topic';
import { options, report, toldToFinish } from './report.mjs';

const { name, target, topic, count, burst, everyMs, handleMs } = options;
const {
  sendTimeoutMs,
  replicas = 0,
  batch,
  delayEvery,
  delayMs,
  failEvery,
  poisonAt,
  padding,
  keys,
  keyEvery,
  priorityEvery,
  onceKeys,
  learnEveryMs,
  changeEveryMs,
  sendOptions,
} = options;

let isDone = false;
void toldToFinish.then(() => {
  isDone = true;
});

const connection = connect(target, {
  name,
  // A topic has no deadline of its own.
  ...(topic && sendTimeoutMs && { callTimeoutMs: sendTimeoutMs }),
  ...options.connection,
});
connection.on('error', ({ code, message }) => report({ type: 'error', code, message }));
connection.on('ready', () => report({ type: 'ready', clock: Date.now() }));
const line = topic
  ? new Topic(options.queue, { connection })
  : new Queue(options.queue, { connection, replicas, ...(sendTimeoutMs && { sendTimeoutMs }) });
let made = 0;
const sends = new Set();
if (learnEveryMs) void learn();
if (changeEveryMs) void change();

while (made < count && !isDone) {
  const messages = Array.from({ length: Math.min(burst, count - made) }, make);
  if (batch) track(sendBatch(messages));
  else for (const message of messages) track(send(message));
  await pause(everyMs);
}
await Promise.all(sends);
await line.close();
await connection.close();
report({ type: 'finished' });

function make() {
  made += 1;
  const isEvery = (n) => n && made % n === 0;
  return {
    body: {
      key: `${name}-${made}`,
      handleMs,
      failures: isEvery(failEvery) ? 1 : 0,
      ...(made === poisonAt && { kills: true }),
      ...(padding && { padding: 'x'.repeat(padding) }),
    },
    options: {
      ...sendOptions,
      ...once(),
      ...(topic ? keyOf(isEvery) : isEvery(delayEvery) ? { delayMs } : place(isEvery)),
    },
  };
}

/** What is delayed may be overtaken, and has no key. */
function place(isEvery) {
  if (isEvery(keyEvery)) return keyOf(isEvery);
  return isEvery(priorityEvery) ? { priority: Math.floor(made / priorityEvery) % 10 } : {};
}

function keyOf(isEvery) {
  return isEvery(keyEvery) ? { key: `k${Math.floor(made / keyEvery) % keys}` } : {};
}

/** All producers have the same keys. */
function once() {
  return onceKeys ? { once: { key: `once${made % onceKeys}`, until: 'done' } } : {};
}

function track(send) {
  sends.add(send);
  void send.then(() => sends.delete(send));
}

async function send({ body, options }) {
  const sent = begin({ body, options });
  try {
    if (topic) await line.publish(body, options);
    else await line.send(body, options);
    sent();
  } catch (error) {
    sent(error);
  }
}

async function sendBatch(messages) {
  const ends = messages.map(begin);
  const items = messages.map(({ body, options }) => ({ body, ...options }));
  const results = await line.sendBatch(items);
  for (const [at, { status, id, error }] of results.entries()) ends[at](error, { status, id });
}

/** A queue does that less often by itself. */
async function learn() {
  const [least, most] = learnEveryMs;
  while (!isDone) {
    try {
      const { count: partitions } = await line.partitions.get();
      report({ type: 'divided', partitions });
    } catch ({ code, message }) {
      report({ type: 'error', code, message });
    }
    await pause(least + Math.random() * (most - least));
  }
}

/** Changes the number of partitions again and again, and reports each change that has come to its end. */
async function change() {
  const [least, most] = changeEveryMs;
  while (!isDone) {
    await pause(least + Math.random() * (most - least));
    try {
      const { count: partitions } = await line.partitions.set(1 + Math.floor(Math.random() * 6));
      report({ type: 'divided', partitions });
    } catch ({ code, message }) {
      report({ type: 'error', code, message });
    }
  }
}

/** Reports that the send has begun; returns a function that reports its end. */
function begin({ body: { key, kills }, options: { delayMs, ttlMs, key: about, once } }) {
  const startedAt = performance.now();
  report({ type: 'sending', key, about, once: once?.key, delayMs, ttlMs, isPoison: kills });
  return (error, { status, id } = {}) => {
    const done = status === 'duplicate' ? status : 'resolved';
    const outcome = error ? (error.outcome ?? 'unstated') : done;
    const tookMs = performance.now() - startedAt;
    report({ type: 'sent', key, outcome, id, code: error?.code, tookMs });
  };
}
