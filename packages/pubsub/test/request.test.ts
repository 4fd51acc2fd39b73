import {
  ClosedError,
  InvalidArgumentError,
  json,
  TimeoutError,
  text,
  ValidationError,
} from '@redpost/core';
import { describe, expect, it } from 'vitest';
import { collectGarbage } from '../../../tooling/collect-garbage.js';
import { eventually, eventuallyPasses } from '../../../tooling/eventually.js';
import { idleMsSince } from '../../../tooling/machine-pace.js';
import { rejection } from '../../../tooling/rejection.js';
import { hasNumber, hasNumberSlowly } from '../../../tooling/schemas.js';
import { NoResponderError, ResponderError } from '../src/index.js';
import { ChannelFormats } from '../src/message/channel-formats.js';
import { Publisher } from '../src/publishing/publisher.js';
import { Answering } from '../src/requests/responder.js';
import { testRedis, uniqueName } from './support/redis.js';

const redis = testRedis();

const silent = () => new Promise<never>(() => {});

describe('a request', () => {
  it('is answered by the responder of its channel', async () => {
    const channel = uniqueName();
    await redis.pubsub<number[]>().respond(channel, (numbers) => ({
      sum: numbers.reduce((sum, n) => sum + n, 0),
    }));

    const answer = await redis.pubsub().request<{ sum: number }>(channel, [1, 2, 3]);

    expect(answer.sum).toBe(6);
  });

  it('finds its own answer among many, over one subscription', async () => {
    const channel = uniqueName();
    const held: (() => void)[] = [];
    await redis.pubsub<number>().respond(channel, async (n) => {
      await new Promise<void>((resolve) => held.push(resolve));
      return n * 2;
    });
    const connection = redis.connect();
    const pubsub = redis.pubsub<number>({ connection });
    await redis.admin.call('CONFIG', ['RESETSTAT']);

    const asked = Array.from({ length: 50 }, (_, n) => pubsub.request<number>(channel, n));
    await eventuallyPasses(() => expect(held).toHaveLength(50));
    for (const answer of held.reverse()) answer();

    expect(await Promise.all(asked)).toEqual(Array.from({ length: 50 }, (_, n) => n * 2));
    expect(await redis.executed('subscribe')).toBe(1);
  });

  it('rejects at once when the channel has no subscriber', async () => {
    const start = performance.now();

    const request = redis.pubsub().request(uniqueName(), 'anybody?', { timeoutMs: 60_000 });

    await expect(request).rejects.toThrow(NoResponderError);
    await expect(request).rejects.toMatchObject({ code: 'NO_RESPONDER', retryable: true });
    expect(idleMsSince(start)).toBeLessThan(5000);
  });

  it('rejects when no answer comes in time, and when it is aborted', async () => {
    const channel = uniqueName();
    await redis.pubsub().respond(channel, silent);
    const pubsub = redis.pubsub();
    const controller = new AbortController();

    const late = rejection(pubsub.request(channel, 1, { timeoutMs: 50 }));
    const aborted = pubsub.request(channel, 2, { signal: controller.signal });
    controller.abort(new Error('enough'));

    await expect(aborted).rejects.toThrow('enough');
    expect(await late).toBeInstanceOf(TimeoutError);
    expect(await late).toMatchObject({ outcome: 'unknown' });
  });

  it("rejects with the responder's error", async () => {
    const channel = uniqueName();
    await redis.pubsub().respond(channel, () => {
      throw new RangeError('too many');
    });

    const request = redis.pubsub().request(channel, 1);

    await expect(request).rejects.toThrow(ResponderError);
    await expect(request).rejects.toMatchObject({ code: 'RESPONDER', remoteName: 'RangeError' });
    await expect(request).rejects.toThrow('too many');
  });

  it('rejects when the answer cannot be encoded', async () => {
    const channel = uniqueName();
    await redis.pubsub().respond(channel, () => 10n);

    const request = redis.pubsub().request(channel, 1);

    await expect(request).rejects.toMatchObject({ remoteName: 'EncodeError' });
  });

  it('is checked at both ends', async () => {
    const channel = uniqueName();
    const responder = await redis
      .pubsub({ schema: hasNumberSlowly })
      .respond(channel, ({ n }) => n + 1);
    const invalid: Error[] = [];
    responder.on('invalid', ({ error }) => invalid.push(error));

    expect(await redis.pubsub({ schema: hasNumber }).request(channel, { n: 2 })).toBe(3);
    const wrong = redis.pubsub({ schema: hasNumber }).request(channel, { n: 'x' } as never);
    await expect(wrong).rejects.toThrow(ValidationError);
    const unchecked = redis.pubsub().request(channel, { n: 'x' }, { timeoutMs: 100 });
    await expect(unchecked).rejects.toThrow(TimeoutError);
    await eventually(() => invalid.length === 1);
  });

  it('rejects when its PubSub is closed, and refuses a wait that cannot be', async () => {
    const channel = uniqueName();
    await redis.pubsub().respond(channel, silent);
    const pubsub = redis.pubsub();
    await expect(pubsub.request(channel, 1, { timeoutMs: 0 })).rejects.toThrow(
      InvalidArgumentError,
    );
    const request = pubsub.request(channel, 1);
    const rejected = expect(request).rejects.toThrow(ClosedError);

    await pubsub.close();

    await rejected;
    await expect(pubsub.request(channel, 1)).rejects.toThrow(ClosedError);
  });

  it('rejects when its connection is closed', async () => {
    const channel = uniqueName();
    let isAsked = false;
    await redis.pubsub().respond(channel, () => {
      isAsked = true;
      return silent();
    });
    const connection = redis.connect();
    const request = redis.pubsub({ connection }).request(channel, 1, { timeoutMs: 10_000 });
    const rejected = expect(request).rejects.toThrow(ClosedError);
    await eventuallyPasses(() => expect(isAsked).toBe(true));

    const start = performance.now();
    await connection.close();
    await rejected;

    expect(idleMsSince(start)).toBeLessThan(5000);
  });

  it('rejects with an error of ours when a responder in another language fails badly', async () => {
    const channel = uniqueName();
    const foreign = await redis.pubsub({ codec: text() }).subscribe(channel, {
      onMessage({ body }) {
        const [id, replies] = String(body).slice(2).split(/[,\n]/);
        const answer = `\u0001a${id},error\nnull`;
        return redis.admin.call('PUBLISH', [replies as string, answer]);
      },
    });

    const request = redis.pubsub().request(channel, 1);

    await expect(request).rejects.toMatchObject({ code: 'DECODE', bytes: Buffer.from('null') });
    await foreign.close();
  });
});

describe('a responder', () => {
  it('shares the requests with its group', async () => {
    const channel = uniqueName();
    const handled = [0, 0];
    for (const at of [0, 1]) {
      await redis.pubsub().respond(
        channel,
        () => {
          handled[at] = (handled[at] ?? 0) + 1;
          return at;
        },
        { group: 'responders' },
      );
    }
    const pubsub = redis.pubsub();

    const answers = await Promise.all(Array.from({ length: 20 }, () => pubsub.request(channel, 1)));

    expect(answers.filter((at) => at === 0)).toHaveLength(10);
    expect(handled).toEqual([10, 10]);
  });

  it('answers no more at a time than its concurrency', async () => {
    const channel = uniqueName();
    const held: (() => void)[] = [];
    const responder = await redis
      .pubsub()
      .respond(channel, () => new Promise<void>((resolve) => held.push(resolve)).then(() => 1), {
        concurrency: 2,
      });
    const pubsub = redis.pubsub();
    const asked = [1, 2, 3].map((n) => pubsub.request(channel, n));
    await eventuallyPasses(() => expect(responder.buffered).toBe(1));
    expect(held).toHaveLength(2);

    held[0]?.();
    await eventuallyPasses(() => expect(held).toHaveLength(3));
    for (const answer of held) answer();

    expect(await Promise.all(asked)).toEqual([1, 1, 1]);
  });

  it('keeps nothing of the requests it has answered while one is never answered', async () => {
    const [channel, replies] = [uniqueName(), uniqueName()];
    const connection = redis.connect();
    const codec = json();
    const formats = new ChannelFormats(codec, undefined, undefined);
    const publisher = new Publisher({
      connection,
      formats,
      sharded: false,
      sequenced: false,
      maxMessageBytes: 1000,
    });
    const handler = (n: number) => (n === 0 ? silent() : n);
    const answering = new Answering<number>({ publisher, codec, handler, concurrency: 2 });
    const ask = (n: number) =>
      answering.take({
        channel,
        body: { id: n, replyTo: replies, body: n },
        pattern: undefined,
      });

    expect(ask(0)).toBeUndefined();
    const waits: WeakRef<Promise<void>>[] = [];
    for (let n = 1; n <= 20; n += 1) {
      const room = ask(n) as Promise<void>;
      waits.push(new WeakRef(room));
      await room;
    }

    await eventuallyPasses(() => {
      collectGarbage();
      const kept = waits.filter((wait) => wait.deref() !== undefined);
      expect(kept.length).toBeLessThan(5);
    }, 2000);
  });

  it('says nothing of an answer that comes after its connection was closed, but that', async () => {
    const channel = uniqueName();
    const connection = redis.connect();
    const held: (() => void)[] = [];
    const responder = await redis
      .pubsub({ connection })
      .respond(channel, () => new Promise<void>((resolve) => held.push(resolve)).then(() => 1));
    const errors: Error[] = [];
    responder.on('error', (error) => errors.push(error));
    const asked = rejection(redis.pubsub().request(channel, 1, { timeoutMs: 500 }));
    await eventuallyPasses(() => expect(held).toHaveLength(1));
    await connection.close();

    held[0]?.();
    expect(await asked).toBeInstanceOf(TimeoutError);

    expect(responder.closeReason).toBe('connection-closed');
    expect(errors).toEqual([]);
  });

  it('reports a message that is not a request', async () => {
    const channel = uniqueName();
    const responder = await redis.pubsub().respond(channel, () => 1);
    const invalid: string[] = [];
    responder.on('invalid', ({ payload }) => invalid.push(payload.toString()));

    await redis.pubsub().publish(channel, 'plain');

    await eventuallyPasses(() => expect(invalid).toEqual(['"plain"']));
  });

  it('is gone when it is closed', async () => {
    const channel = uniqueName();
    const responder = await redis.pubsub().respond(channel, () => 1);

    await responder.close();

    await expect(redis.pubsub().request(channel, 1)).rejects.toThrow(NoResponderError);
  });
});
