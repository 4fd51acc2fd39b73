// A consumer of a queue of Sidekiq. With `hang`, it never finishes the job with the argument 7.
import { connect } from '@redpost/core';
import { consumeSidekiq } from '@redpost/formats/sidekiq';

const [unit, hang] = process.argv.slice(2);
const connection = connect(process.env.REDIS_URL);
consumeSidekiq(
  'mails',
  {
    SendMail: async ({ args: [to] }) => {
      if (hang && to === 7) {
        console.log('hangs');
        await new Promise(() => {});
      }
      if (to === 'nobody') throw new RangeError('no');
      await connection.call('LPUSH', ['done', String(to)]);
    },
  },
  { connection, concurrency: 4, leaseMs: 1000, times: unit, pollMs: 200 },
);
console.log('ready');
