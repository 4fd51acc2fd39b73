// A program that brings a connection into some state, closes it, and has nothing more to do.
import { connect } from '@redpost/core';

const [state, url, pid] = process.argv.slice(2);
const connection = connect(url);
connection.on('error', () => {});
const swallow = () => {};
const next = (event) => new Promise((resolve) => connection.on(event, resolve));
const subscriber = { message: swallow };

const states = {
  idle: () => connection.ping(),
  'at-once': swallow,
  async 'in-flight'() {
    await connection.ping();
    connection.call('INCR', ['counter']).catch(swallow);
  },
  async reading() {
    await connection.block((ms) => ['BLPOP', 'list', ms / 1000], { timeoutMs: 1 });
    connection.block((ms) => ['BLPOP', 'list', ms / 1000]).catch(swallow);
  },
  subscribed: () => connection.subscribe({ kind: 'channel', name: 'news' }, subscriber),
  async unreachable() {
    process.kill(Number(pid), 'SIGKILL');
    connection.ping().catch(swallow);
    connection.block((ms) => ['BLPOP', 'list', ms / 1000]).catch(swallow);
    await next('error');
  },
  async reconnecting() {
    await connection.ping();
    const interrupted = next('interrupted');
    process.kill(Number(pid), 'SIGKILL');
    await interrupted;
    connection.ping().catch(swallow);
    await next('error');
  },
  async resubscribing() {
    await connection.subscribe({ kind: 'channel', name: 'news' }, subscriber);
    await connection.call('ACL', ['SETUSER', 'default', 'resetchannels', '-subscribe']);
    await connection.call('CLIENT', ['KILL', 'TYPE', 'pubsub']).catch(swallow);
    await next('error');
  },
  async 'silent-server'() {
    await connection.ping();
    process.kill(Number(pid), 'SIGSTOP');
    connection.ping().catch(swallow);
    connection.block((ms) => ['BLPOP', 'list', ms / 1000]).catch(swallow);
  },
};
await states[state]();
await connection.close();
process.stdout.write('closed\n');
