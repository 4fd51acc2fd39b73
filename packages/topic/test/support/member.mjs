// A process that is a member of a group, or forwards a topic, until it is killed or its stdin ends.
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '@redpost/core';
import { Topic } from '@redpost/topic';

const { member, url, name, partitions, leaseMs, mode, settle, isGated } = JSON.parse(
  process.argv[2],
);
const connection = connect(url);
const topic = new Topic(name, { connection, ...(partitions && { partitions }) });
/** In Redis, because what a killed process has written to a pipe may be lost with it. */
const report = (line) =>
  connection.call('RPUSH', [`${name}:log`, JSON.stringify({ member, ...line })]);

/** Keeps what it is sent in a Redis list. */
const queue = {
  name: 'list',
  send: (body, { id }) => connection.call('RPUSH', [`${name}:sent`, `${id} ${body}`]),
};

const gateIsOpen = (attempt) => connection.call('EXISTS', [`${name}:gate:${member}:${attempt}`]);

const handle = async (delivery) => {
  const { body, key, attempt } = delivery;
  await report({ begins: body, key, attempt });
  while (isGated && !(await gateIsOpen(attempt))) await pause(10);
  const refused = settle === 'ack' ? await delivery.ack().catch(({ code }) => code) : undefined;
  await report({ ends: body, key, attempt, refused });
};

const options = { concurrency: 10, leaseMs };
const consumer =
  mode === 'forward'
    ? topic.forward(queue, { ...options, concurrency: 5 })
    : topic.group('g').consume(handle, options);
consumer.on('error', () => {});
consumer.on('lost', ({ deliveries }) => report({ lost: deliveries.length }));
consumer.on('recovered', ({ returned }) => report({ recovered: returned }));

process.stdin.resume();
process.stdin.on('end', async () => {
  await consumer.stop();
  await connection.close();
});
