// A consumer of Celery's queue. With `hang`, it never finishes the task whose first argument is 7.
import { connect, fixed } from '@redpost/core';
import { consumeCelery } from '@redpost/formats/celery';

const [hang] = process.argv.slice(2);
const connection = connect(process.env.REDIS_URL);
consumeCelery(
  'celery',
  {
    'tasks.add': async ({ args: [x, y = 0], kwargs }) => {
      if (hang && x === 7) {
        console.log('hangs');
        await new Promise(() => {});
      }
      return x + (kwargs.y ?? y);
    },
    'tasks.fail': ({ args: [text] }) => {
      throw Object.assign(new Error(text), { name: 'ValueError' });
    },
    'tasks.when': () => Date.now() / 1000,
  },
  { connection, concurrency: 4, leaseMs: 1000, maxAttempts: 2, backoff: fixed(10) },
);
console.log('ready');
