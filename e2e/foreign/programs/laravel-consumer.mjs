// A consumer of a queue of Laravel. With `hang`, it never finishes the job for 7.
import { connect } from '@redpost/core';
import { consumeLaravel } from '@redpost/formats/laravel';

const [hang] = process.argv.slice(2);
const connection = connect(process.env.REDIS_URL);
consumeLaravel(
  'default',
  {
    SendMail: async ({ data: { to }, attempt }) => {
      if (hang && to === '7') {
        console.log('hangs');
        await new Promise(() => {});
      }
      if (to === 'nobody') throw new RangeError('no');
      await connection.call('RPUSH', ['app-done', `${to} ${attempt}`]);
    },
    Note: ({ data: { command } }) => connection.call('RPUSH', ['app-done', command]),
  },
  { connection, prefix: 'app-', concurrency: 4, leaseMs: 1000, tries: 2, pollMs: 100 },
);
console.log('ready');
