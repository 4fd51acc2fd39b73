// A process that takes part in flows: it handles their members, which send more of them, and their continuations, which it
// counts in a hash. It may be killed at any time.
import { connect } from '@redpost/core';
import { Flow, Queue } from '@redpost/queue';

const { url, members, last, counts, options } = JSON.parse(process.argv[2]);
const connection = connect(url);
connection.on('error', () => {});
const queues = members.map((name) => new Queue(name, { connection }));
for (const queue of queues) {
  const consumer = queue.consume(
    async ({ body, id, attempt }) => {
      if (body.fails) throw new Error('This one fails');
      if (attempt === 1) await connection.call('HINCRBY', [counts, `started ${body.flow}`, 1]);
      void id;
    },
    { ...options, maxAttempts: 1 },
  );
  consumer.on('error', () => {});
  consumer.on('failed', () => {});
}
const continued = new Queue(last, { connection }).consume(async ({ flowEnd, id }) => {
  // The same continuation may be handled twice, but it has one id.
  await connection.call('HSET', [counts, `end ${flowEnd.id} ${id}`, JSON.stringify(flowEnd)]);
}, options);
continued.on('error', () => {});
process.stdout.write('ready\n');

// With a number of flows, it also opens them, one after the other, until it is killed.
process.stdin.on('data', async () => {
  for (;;) {
    const flow = await Flow.open({
      connection,
      then: { queue: new Queue(last, { connection }), body: 0 },
      idleMs: 1000,
    });
    const items = Array.from({ length: 90 }, (_, n) => ({
      queue: queues[n % queues.length],
      body: { flow: flow.id, fails: n % 10 === 0 },
    }));
    await connection.call('HINCRBY', [counts, `opened ${flow.id}`, 1]);
    const results = await flow.sendBatch(items);
    const sent = results.filter(({ status }) => status === 'sent').length;
    await connection.call('HSET', [counts, `sent ${flow.id}`, sent]);
    await flow.close();
    await connection.call('HSET', [counts, `closed ${flow.id}`, 1]);
  }
});
