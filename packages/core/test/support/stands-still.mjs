// A program with every kind of socket, which is frozen; then it is told to go on, and says what became of its calls.
import { connect, defineScript } from '@redpost/core';
import { Redis } from 'ioredis';

const { ports, isOwnClient, key, blocksMs } = JSON.parse(process.argv[2]);
const urls = ports.map((port) => `redis://127.0.0.1:${port}`);
const isCluster = urls.length > 1;
const target = isCluster ? urls : isOwnClient ? new Redis(urls[0]) : urls[0];
// Nothing else asks whether the server is still there.
const connection = connect(target, { name: key, keepAliveMs: 60_000 });

const counts = defineScript({
  name: 'counts',
  keys: { name: (name) => name },
  lua: "return redis.call('INCR', name)",
  parse: Number,
});
const events = [];
connection.on('interrupted', () => events.push('interrupted'));
connection.on('error', () => {});

const heard = [];
const listen = (name) => ({
  message: () => heard.push(name),
  resumed: () => events.push(`${name} resumed`),
});
const kind = isCluster ? 'shard' : 'channel';
await connection.subscribe({ kind, name: `${key}:news` }, listen('shared'));
const paused = connection.openSubscriptionSocket();
await paused.subscribe({ kind, name: `${key}:news` }, listen('paused'));
paused.pause();

const readFailures = [];
const read = async () => {
  for (;;) {
    try {
      const [, element] = await connection.block((ms) => ['BLPOP', `${key}:list`, ms / 1000]);
      process.send({ taken: String(element) });
    } catch (error) {
      readFailures.push(error.code);
      if (error.code === 'CLOSED') return;
    }
  }
};
void read();

let repetition;
const beat = async () => {
  const options = { everyMs: 200, maxBlockedMs: 60_000, failed: () => {} };
  repetition = await connection.thread().repeat(counts, `${key}:beats`, options);
};
if (!isOwnClient && !isCluster) await beat();

const call = (command, args, options) => connection.call(command, args, options);
const replicas = isCluster ? 0 : 1;
/** More than enough of each kind for one to leave too early. */
async function callAll() {
  const numbers = Array.from({ length: 20 }, (_, n) => n);
  const calls = numbers.flatMap((n) => [
    call('RPUSH', [`${key}:sent`, n], { line: `${key}:sent` }),
    call('INCR', [`${key}:${n}`]),
    connection.run(counts, `${key}:scripted`),
    call('INCR', [`${key}:replicated`], { replicas }),
  ]);
  const read = connection.block((ms) => ['BLPOP', `${key}:none`, ms / 1000], { timeoutMs: 100 });
  const subscribed = connection.subscribe({ kind: 'channel', name: `${key}:late` }, listen());
  const results = await Promise.allSettled([...calls, read, subscribed]);
  const failed = results.filter(({ reason }) => reason).map(({ reason }) => `${reason}`);
  return { count: calls.length, failed };
}

process.on('message', async (message) => {
  if (message === 'call') {
    const until = Date.now() + blocksMs;
    while (Date.now() < until);
    process.send({ called: await callAll() });
  }
  if (message === 'resume') paused.resume();
  if (message === 'tell') {
    process.send({
      told: { events, heard, readFailures, beatMsAgo: repetition?.confirmedMsAgo ?? 0 },
    });
  }
});
const { failed } = await callAll();
process.send({ ready: failed });
