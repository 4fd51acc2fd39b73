// A process that starts things as fast as a rate limiter lets it, until it is told to stop.
// It prints each start, by the clock of the system.
import { createHash } from 'node:crypto';
import { connect } from '@redpost/core';
import { RateLimiter } from '@redpost/queue';

const { url, name, limit, counts, loops } = JSON.parse(process.argv[2]);
const connection = connect(url);
connection.on('error', () => {});

/** The script, which also lists what it grants, by the clock of the server. */
function logging(script) {
  const log =
    "redis.call('RPUSH', limiter .. ':log', string.format('%.0f %d', limit.time + wait_us, count))";
  const lua = script.lua.replace('has_granted = true', `has_granted = true ${log}`);
  return { ...script, lua, sha: createHash('sha1').update(lua).digest('hex') };
}

const logged = new Proxy(connection, {
  get(target, property) {
    if (property === 'run') {
      return (script, ...rest) => target.run(logging(script), ...rest);
    }
    const value = Reflect.get(target, property, target);
    return typeof value === 'function' ? value.bind(target) : value;
  },
});
const limiter = new RateLimiter(name, { connection: logged, ...limit });

let turn = 0;
let isStopped = false;
process.stdin.once('data', () => {
  isStopped = true;
});

async function loop() {
  while (!isStopped) {
    const count = counts[turn++ % counts.length];
    await limiter.acquire({ count });
    process.stdout.write(`${Date.now()} ${count}\n`);
  }
}
await connection.ping();
await Promise.all(Array.from({ length: loops }, loop));
await connection.close();
process.stdin.destroy();
