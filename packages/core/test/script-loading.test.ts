import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { defineScript } from '../src/index.js';
import { type Relay, startRelay } from './support/relay.js';
import { openConnection, startOwnRedis, uniqueKey, useRedis } from './support/use-redis.js';

const redis = useRedis();

/** A script that no other test has. */
function counter() {
  return defineScript({
    name: 'counter',
    lua: `return redis.call('INCR', key) -- ${uniqueKey()}`,
    keys: { key: (key: string) => key },
    parse: Number,
  });
}

const script = counter();

/** Of what was sent, the commands that have to do with scripts, in their order. */
function scriptCommands({ pieces }: Relay): string[] {
  const found = pieces.join('').matchAll(/\r\n(SCRIPT|EVALSHA|EVAL)\r\n/gi);
  return Array.from(found, ([, command = '']) => command.toUpperCase());
}

const relayed = async () => {
  const relay = await startRelay(redis.port);
  return { relay, connection: openConnection(`redis://127.0.0.1:${relay.port}`) };
};

describe('a script', () => {
  it('is loaded ahead of its first call, and never sent by EVAL', async () => {
    const { relay, connection } = await relayed();
    const key = uniqueKey();
    await connection.ping();

    const counts = await Promise.all([1, 2, 3].map(() => connection.run(script, key)));

    expect(counts).toEqual([1, 2, 3]);
    expect(scriptCommands(relay)).toEqual(['SCRIPT', 'EVALSHA', 'EVALSHA', 'EVALSHA']);
  });

  it('is loaded again by each new connection', async () => {
    const { relay, connection } = await relayed();
    const key = uniqueKey();
    await connection.run(script, key);
    const id = Number(await connection.call('CLIENT', ['ID']));
    await redis.connect().call('CLIENT', ['KILL', 'ID', id]);
    await eventually(() => connection.status === 'interrupted');

    expect(await connection.run(script, key)).toBe(2);

    expect(scriptCommands(relay)).toEqual(['SCRIPT', 'EVALSHA', 'SCRIPT', 'EVALSHA']);
  });

  it('is loaded again after each time that it was flushed', async () => {
    const own = await startOwnRedis();
    const connection = openConnection(own.url);
    const key = uniqueKey();

    for (let round = 1; round <= 3; round += 1) {
      expect(await connection.run(script, key)).toBe(round);
      expect(await connection.call('SCRIPT', ['EXISTS', script.sha])).toEqual([1]);
      await connection.call('SCRIPT', ['FLUSH']);
    }
  });

  it('outlives a thousand others that were sent by EVAL', async () => {
    const connection = redis.connect();
    const kept = counter();
    await connection.run(kept, uniqueKey());

    for (let at = 0; at < 1000; at += 100) {
      const others = Array.from({ length: 100 }, () => [`return '${uniqueKey()}'`, 0]);
      await Promise.all(others.map((args) => connection.call('EVAL', args)));
    }

    expect(await connection.call('SCRIPT', ['EXISTS', kept.sha])).toEqual([1]);
  });

  it('is sent as text where the user may not load it, after one refusal', async () => {
    const relay = await startRelay(redis.port);
    const user = uniqueKey().replaceAll(':', '-');
    const admin = redis.connect();
    onTestFinished(async () => void (await admin.call('ACL', ['DELUSER', user])));
    await admin.call('ACL', ['SETUSER', user, 'on', '>pw', '~*', '+@all', '-script']);
    const connection = openConnection(`redis://${user}:pw@127.0.0.1:${relay.port}`);
    const [key, other] = [uniqueKey(), counter()];

    expect(await connection.run(other, key)).toBe(1);
    expect(await connection.run(other, key)).toBe(2);
    expect(await connection.run(counter(), key)).toBe(3);

    expect(scriptCommands(relay)).toEqual([
      ...['SCRIPT', 'EVALSHA', 'EVAL'],
      'EVALSHA',
      ...['EVALSHA', 'EVAL'],
    ]);
  });
});

it('a script that a line waits for is sent as text, which no server can be without', async () => {
  const { relay, connection } = await relayed();
  const key = uniqueKey();

  expect(await connection.run(script, key, { line: key })).toBe(1);

  expect(scriptCommands(relay)).toEqual(['EVAL']);
});

it('the answer to a call that is repeated, because its script was flushed, comes before those to later calls', async () => {
  const own = await startOwnRedis();
  const connection = openConnection(own.url);
  const key = uniqueKey();
  await connection.run(script, key);

  // In one of these rounds, the second call is sent while the first one is repeated.
  for (let turns = 0; turns < 12; turns += 1) {
    await connection.call('SCRIPT', ['FLUSH']);
    const order: string[] = [];
    const first = connection.run(script, key).then(() => order.push('first'));
    for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
    const second = connection.run(script, key).then(() => order.push('second'));
    // So that both answers are read together.
    const until = performance.now() + 20;
    while (performance.now() < until);
    await Promise.all([first, second]);
    expect(order, `after ${turns} turns`).toEqual(['first', 'second']);
  }
});
