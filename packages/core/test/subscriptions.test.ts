import { setImmediate as tick } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { eventually } from '../../../tooling/eventually.js';
import { rejection } from '../../../tooling/rejection.js';
import type { Connection, SubscriptionTarget, Unsubscribe } from '../src/index.js';
import { Recorder } from './support/record.js';
import { openConnection, startOwnRedis, uniqueKey, useRedis } from './support/use-redis.js';

const redis = useRedis();

const channel = (name: string): SubscriptionTarget => ({ kind: 'channel', name });
const pattern = (name: string): SubscriptionTarget => ({ kind: 'pattern', name });

async function receivers(connection: Connection, name: string): Promise<unknown> {
  const reply = await connection.call('PUBSUB', ['NUMSUB', name]);
  return Array.isArray(reply) ? reply[1] : undefined;
}

const killSubscribers = (admin: Connection) => admin.call('CLIENT', ['KILL', 'TYPE', 'pubsub']);

describe('a subscription', () => {
  it('receives from the moment it is confirmed, in order, and bytes as they are', async () => {
    const connection = redis.connect();
    const name = uniqueKey();
    const payloads: Buffer[] = [];
    await connection.subscribe(channel(name), {
      message: (_, payload) => void payloads.push(Buffer.from(payload.bytes)),
    });

    const sent = [Buffer.from([0, 255, 10]), Buffer.alloc(0), Buffer.from('é')];
    for (const payload of sent) {
      expect(await connection.call('PUBLISH', [name, payload])).toBe(1);
    }

    await eventually(() => payloads.length === 3);
    expect(payloads).toEqual(sent);
  });

  it('to a pattern receives the name of each channel', async () => {
    const connection = redis.connect();
    const name = uniqueKey();
    const recorder = new Recorder();
    await connection.subscribe(pattern(`${name}:*`), recorder);

    await connection.call('PUBLISH', [`${name}:a`, '1']);
    await connection.call('PUBLISH', [`${name}:b`, '2']);

    await eventually(() => recorder.messages.length === 2);
    expect(recorder.messages).toEqual([`${name}:a 1`, `${name}:b 2`]);
  });

  it('is asked for once, however many share it, and ended with the last', async () => {
    const connection = redis.connect();
    const name = uniqueKey();
    const recorders = [new Recorder(), new Recorder(), new Recorder()];
    const ends = await Promise.all(
      recorders.map((recorder) => connection.subscribe(channel(name), recorder)),
    );
    expect(await connection.call('PUBLISH', [name, 'to all'])).toBe(1);
    await eventually(() => recorders.every(({ messages }) => messages.length === 1));

    await ends[0]?.();
    await ends[0]?.();
    await ends[1]?.();
    expect(await receivers(connection, name)).toBe(1);

    await ends[2]?.();
    expect(await receivers(connection, name)).toBe(0);
  });

  it('reaches the others when one subscriber throws', async () => {
    const connection = redis.connect();
    const name = uniqueKey();
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => warning.mockRestore());
    await connection.subscribe(channel(name), {
      message() {
        throw new Error('a broken subscriber');
      },
    });
    const recorder = new Recorder();
    await connection.subscribe(channel(name), recorder);

    await connection.call('PUBLISH', [name, 'hello']);

    await eventually(() => recorder.messages.length === 1);
    expect(warning.mock.calls.map(([text]) => text)).toContain('a broken subscriber');
  });

  it('ends as its subscribers have wished last, however fast they come and go', async () => {
    const connection = redis.connect();
    const name = uniqueKey();

    for (let round = 0; round < 30; round += 1) {
      const comings = [new Recorder(), new Recorder()].map((recorder) =>
        connection.subscribe(channel(name), recorder),
      );
      for (let ticks = round % 4; ticks > 0; ticks -= 1) await tick();
      const goings = comings.map((coming) => coming.then((leave) => leave()));
      const stays = new Recorder();
      const staying = connection.subscribe(channel(name), stays);
      await Promise.all([...goings, staying]);

      expect(await connection.call('PUBLISH', [name, 'hello'])).toBe(1);
      await eventually(() => stays.messages.length === 1);
      await (await staying)();
      expect(await receivers(connection, name)).toBe(0);
    }
  });
});

describe('when the connection for subscriptions is killed', () => {
  it('each subscriber is told, and told again when Redis has confirmed the subscription again', async () => {
    const own = await startOwnRedis();
    const connection = openConnection(own.url);
    const admin = openConnection(own.url);
    const [a, b] = [new Recorder(), new Recorder()];
    await connection.subscribe(channel('a'), a);
    await connection.subscribe(pattern('b*'), b);

    for (let round = 1; round <= 3; round += 1) {
      await killSubscribers(admin);
      await eventually(() => [a, b].every(({ events }) => events.length === 2 * round));
      // What `resumed` says is true: this message is not missed.
      expect(await admin.call('PUBLISH', ['a', round])).toBe(1);
      expect(await admin.call('PUBLISH', ['b1', round])).toBe(1);
    }

    const twice = ['interrupted', 'resumed'];
    expect(a.events).toEqual([...twice, ...twice, ...twice]);
    expect(b.events).toEqual([...twice, ...twice, ...twice]);
    expect(a.downMs).toBeGreaterThan(0);
    await eventually(() => b.messages.length === 3);
    expect(a.messages).toEqual(['a 1', 'a 2', 'a 3']);
    expect(connection.status).toBe('ready');
  });

  it('a subscriber that comes during the outage does not take `resumed` from the others', async () => {
    const own = await startOwnRedis();
    const connection = openConnection(own.url);
    const admin = openConnection(own.url);
    const [first, second] = [new Recorder(), new Recorder()];
    await connection.subscribe(channel('a'), first);

    await killSubscribers(admin);
    await eventually(() => first.events.includes('interrupted'));
    await connection.subscribe(channel('a'), second);

    await eventually(() => first.events.includes('resumed'));
    expect(first.events).toEqual(['interrupted', 'resumed']);
    expect(second.events).toEqual([]);
  });

  it('a subscription that ends during the outage is not resumed', async () => {
    const own = await startOwnRedis();
    const connection = openConnection(own.url);
    const admin = openConnection(own.url);
    const [goes, stays] = [new Recorder(), new Recorder()];
    const leave = await connection.subscribe(channel('goes'), goes);
    await connection.subscribe(channel('stays'), stays);

    await killSubscribers(admin);
    await eventually(() => goes.events.includes('interrupted'));
    await leave();
    await eventually(() => stays.events.includes('resumed'));

    expect(goes.events).toEqual(['interrupted']);
    expect(await receivers(admin, 'goes')).toBe(0);
  });

  it('subscribers that come and go meanwhile end as they were last requested', async () => {
    const own = await startOwnRedis();
    const connection = openConnection(own.url);
    const admin = openConnection(own.url);
    await connection.subscribe(channel('always'), new Recorder());

    for (let round = 0; round < 12; round += 1) {
      const name = `name:${round % 3}`;
      const leave = await connection.subscribe(channel(name), new Recorder());
      const killed = killSubscribers(admin);
      for (let ticks = round % 5; ticks > 0; ticks -= 1) await tick();
      const leaving: Promise<void> = leave();
      const back = new Recorder();
      const coming: Promise<Unsubscribe> = connection.subscribe(channel(name), back);
      await Promise.all([killed, leaving, coming]);

      await eventually(async () => {
        await admin.call('PUBLISH', [name, 'hello']);
        return back.messages.length > 0;
      });
      await (await coming)();
      await eventually(async () => (await receivers(admin, name)) === 0);
    }
  });

  it('many names are asked for again', async () => {
    const own = await startOwnRedis();
    const connection = openConnection(own.url);
    const admin = openConnection(own.url);
    const recorders = Array.from({ length: 1200 }, () => new Recorder());
    await Promise.all(
      recorders.map((recorder, at) => connection.subscribe(channel(`many:${at}`), recorder)),
    );

    await killSubscribers(admin);

    await eventually(() => recorders.every(({ events }) => events.includes('resumed')));
    expect(await admin.call('PUBLISH', ['many:1199', 'hello'])).toBe(1);
  });
});

describe('when Redis refuses', () => {
  it('a subscription rejects with the refusal, and others are not affected', async () => {
    const own = await startOwnRedis();
    const admin = openConnection(own.url);
    await admin.call('ACL', [
      'SETUSER',
      'sub',
      'on',
      '>pw',
      '~*',
      '+@all',
      'resetchannels',
      '&allowed',
    ]);
    const connection = openConnection(`redis://sub:pw@127.0.0.1:${own.port}`);
    const recorder = new Recorder();
    await connection.subscribe(channel('allowed'), recorder);

    const error = await rejection(connection.subscribe(channel('forbidden'), new Recorder()));

    expect(error).toMatchObject({ code: 'SERVER', reply: 'NOPERM' });
    await admin.call('PUBLISH', ['allowed', 'hello']);
    await eventually(() => recorder.messages.length === 1);
    expect(recorder.events).toEqual([]);
  });

  it('a refused resubscription is reported, does not affect others, and is repeated until it is accepted', async () => {
    const own = await startOwnRedis();
    const admin = openConnection(own.url);
    const grant = (...rules: string[]) =>
      admin.call('ACL', ['SETUSER', 'sub', 'on', '>pw', '~*', '+@all', 'resetchannels', ...rules]);
    await grant('&a', '&b');
    const connection = openConnection(`redis://sub:pw@127.0.0.1:${own.port}`);
    const [a, b] = [new Recorder(), new Recorder()];
    await connection.subscribe(channel('a'), a);
    await connection.subscribe(channel('b'), b);

    await grant('&b');
    await eventually(() => b.events.includes('resumed'));
    await eventually(() => connection.errors.some((error) => 'reply' in error));
    expect(a.events).toEqual(['interrupted']);
    expect(connection.errors.map(String).join()).toContain('NOPERM');

    await grant('&a', '&b');
    await eventually(() => a.events.includes('resumed'));
    expect(await admin.call('PUBLISH', ['a', 'hello'])).toBe(1);
    await eventually(() => a.messages.length === 1);
  });

  it('a new subscriber is refused during an outage, earlier ones are still accepted later', async () => {
    const own = await startOwnRedis();
    const admin = openConnection(own.url);
    const grant = (...rules: string[]) =>
      admin.call('ACL', ['SETUSER', 'sub', 'on', '>pw', '~*', '+@all', 'resetchannels', ...rules]);
    await grant('&a');
    const connection = openConnection(`redis://sub:pw@127.0.0.1:${own.port}`);
    const first = new Recorder();
    await connection.subscribe(channel('a'), first);

    await grant();
    await eventually(() => first.events.includes('interrupted'));
    await rejection(connection.subscribe(channel('a'), new Recorder()));
    await grant('&a');

    await eventually(() => first.events.includes('resumed'));
  });
});
