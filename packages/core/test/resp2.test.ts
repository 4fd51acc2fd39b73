import { describe, expect, it } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { busyMs } from '../../../tooling/machine-pace.js';
import { isBeforeRedis7, noShards } from '../../../tooling/redis-version.js';
import { Recorder } from './support/record.js';
import { openConnection, uniqueKey, useRedis } from './support/use-redis.js';

const redis = useRedis();
const withoutHello = useRedis({ args: ['--rename-command', 'HELLO', ''] });

describe.each([
  ['RESP3', () => ({ port: redis.port })],
  ['RESP2', () => ({ port: redis.port, protocol: 2 as const })],
  ['a server without HELLO', () => ({ port: withoutHello.port })],
])('with %s', (_, target) => {
  it.for(['channel', 'pattern', 'shard'] as const)(
    'a subscription to a %s hears, comes back, and ends',
    async (kind, { skip }) => {
      const connection = openConnection(target());
      const admin = openConnection(target());
      if (kind === 'shard' && (await isBeforeRedis7(admin))) skip(noShards);
      const name = uniqueKey();
      const publish = (text: string) =>
        admin.call(kind === 'shard' ? 'SPUBLISH' : 'PUBLISH', [name, text]);
      const [recorder, other] = [new Recorder(), new Recorder()];
      const end = await connection.subscribe({ kind, name }, recorder);
      const endOther = await connection.subscribe({ kind, name: uniqueKey() }, other);
      const elsewhere = kind === 'channel' ? 'pattern' : 'channel';
      await connection.subscribe({ kind: elsewhere, name: uniqueKey() }, new Recorder());

      await publish('first');
      await eventually(() => recorder.messages.length === 1);
      await admin.call('CLIENT', ['KILL', 'TYPE', 'pubsub']);
      await eventually(() => recorder.events.includes('resumed'));
      await publish('');
      await eventually(() => recorder.messages.length === 2);
      await Promise.all([end(), endOther()]);
      expect(await publish('nobody')).toBe(0);

      expect(recorder.messages).toEqual([`${name} first`, `${name} `]);
      expect(other.messages).toEqual([]);
      const again = new Recorder();
      await connection.subscribe({ kind, name }, again);
      await publish('again');
      await eventually(() => again.messages.length === 1);
    },
  );

  it('an idle subscription is pinged, and stays', async () => {
    const connection = openConnection(target(), { keepAliveMs: busyMs(60) });
    const admin = openConnection(target());
    const name = uniqueKey();
    const recorder = new Recorder();
    await connection.subscribe({ kind: 'channel', name }, recorder);
    const pings = async () => {
      const text = String(await admin.call('INFO', ['commandstats']));
      return Number(/cmdstat_ping:calls=(\d+)/.exec(text)?.[1] ?? 0);
    };
    const before = await pings();

    await eventually(async () => (await pings()) > before + 10);
    await admin.call('PUBLISH', [name, 'x']);
    await eventually(() => recorder.messages.length === 1);
    expect(recorder.events).toEqual([]);
  });

  it('replies have the same shapes', async () => {
    const connection = openConnection(target());
    const [set, hash, stream] = [uniqueKey(), uniqueKey(), uniqueKey()];
    await connection.call('ZADD', [set, 1, 'a', 2.5, 'b']);
    await connection.call('HSET', [hash, 'f', 'v']);
    await connection.call('XADD', [stream, '1-1', 'f', 'v']);
    const entries = [[stream, [['1-1', ['f', 'v']]]]];

    for (const name of ['ZRANGE', 'zrange']) {
      const reply = await connection.call(name, [set, 0, -1, 'WITHSCORES']);
      expect(asText(reply)).toEqual(['a', '1', 'b', '2.5']);
    }
    expect(asText(await connection.call('ZPOPMAX', [set, 2]))).toEqual(['b', '2.5', 'a', '1']);
    for (const name of ['HGETALL', 'hgetall']) {
      expect(asText(await connection.call(name, [hash]))).toEqual(['f', 'v']);
    }
    const read = await connection.block((ms) => ['XREAD', 'BLOCK', ms, 'STREAMS', stream, '0']);
    expect(asText(read)).toEqual(entries);
    expect(
      await connection.block((ms) => ['BLPOP', uniqueKey(), ms / 1000], { timeoutMs: 5 }),
    ).toBeNull();
  });
});

/** A reply with text in the places of bytes. */
function asText(reply: unknown): unknown {
  if (Array.isArray(reply)) return reply.map(asText);
  return Buffer.isBuffer(reply) ? String(reply) : reply;
}
