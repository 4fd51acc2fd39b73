// A program with an embedded Redis: says where it is, then ends in the way it is told.
import { startRedis } from '@redpost/core/embedded';

const way = process.argv[2];
const life = setInterval(() => {}, 1000);

if (way === 'handles-SIGINT') {
  process.on('SIGINT', () => {
    process.stdout.write('asked to end\n');
    clearInterval(life);
  });
}

const { pid, dir, url } = await startRedis();
process.stdout.write(`${JSON.stringify({ pid, dir, url })}\n`);

if (way === 'falls-off-the-end') clearInterval(life);
if (way === 'calls-exit') process.exit(3);
if (way === 'throws') throw new Error('the program fails');
