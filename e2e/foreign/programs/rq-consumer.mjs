// A consumer of a queue of RQ. With `hang`, it never finishes the job whose first argument is 7.
import { connect } from '@redpost/core';
import { consumeRq } from '@redpost/formats/rq';

const [hang] = process.argv.slice(2);
const connection = connect(process.env.REDIS_URL);
consumeRq(
  'default',
  {
    'rq_tasks.add': async ({ args: [x, y = 0], kwargs }) => {
      if (hang && x === 7) {
        console.log('hangs');
        await new Promise(() => {});
      }
      return x + (kwargs.y ?? y);
    },
    'rq_tasks.fail': ({ args: [text] }) => {
      console.log('fails');
      throw Object.assign(new Error(text), { name: 'ValueError' });
    },
  },
  { connection, concurrency: 4, leaseMs: 1000, onFailed: () => {} },
);
console.log('ready');
