import { setImmediate as tick } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Slice } from '../codecs/slice.js';
import { ConnectionError, ServerError } from '../errors.js';
import type { Argument, Reply } from '../replies.js';
import { Emitter } from '../runtime/emitter.js';
import type { Link } from './link.js';
import { Subscriptions } from './subscriptions.js';

/** A server that answers when it is told to, so that races can be played out step by step. */
class SlowServer {
  readonly events: Link['events'] = new Emitter();
  readonly subscribed = new Set<string>();
  readonly asked: string[] = [];
  isUp = true;
  #answers: { give: () => void; drop: (error: Error) => void }[] = [];

  readonly send = (command: string, names: readonly Argument[]): Promise<Reply> => {
    this.asked.push([command, ...names].join(' '));
    return new Promise((resolve, reject) => {
      const give = () => {
        for (const name of names.map(String)) {
          if (command === 'SUBSCRIBE') this.subscribed.add(name);
          else this.subscribed.delete(name);
        }
        resolve(null);
      };
      this.#answers.push({ give, drop: reject });
    });
  };

  readonly call = this.send;

  close(): void {}

  /** Answers the first command, before the code that waits for the answer runs. */
  answerFirst(): void {
    this.#answers.shift()?.give();
  }

  /** Answers the commands that have come until now, and those that follow from the answers. */
  async answerAll(): Promise<void> {
    await tick();
    while (this.#answers.length > 0) {
      this.#answers.shift()?.give();
      await tick();
    }
  }

  async refuseAll(): Promise<void> {
    const error = new ServerError('NOPERM', { reply: 'NOPERM' });
    for (const { drop } of this.#answers.splice(0)) drop(error);
    await tick();
  }

  goDown(): void {
    this.isUp = false;
    this.subscribed.clear();
    const error = new ConnectionError('gone', { outcome: 'unknown' });
    this.events.emit('down', error);
    for (const { drop } of this.#answers.splice(0)) drop(error);
  }

  comeUp(): void {
    this.isUp = true;
    this.events.emit('up', { downMs: 1 });
  }

  reconnect(): void {
    this.goDown();
    this.comeUp();
  }
}

function setUp() {
  const server = new SlowServer();
  const subscriptions = new Subscriptions(server as unknown as Link, {
    callTimeoutMs: 1000,
    report: () => {},
  });
  const heard: string[] = [];
  const subscribe = (who: string) =>
    subscriptions.subscribe(
      { kind: 'channel', name: 'a' },
      { message: (_, payload) => heard.push(`${who} ${payload}`) },
    );
  const publish = () => {
    if (server.subscribed.has('a'))
      subscriptions.onMessage('channel', 'a', 'a', Slice.of(Buffer.from('x')));
  };
  return { server, subscriptions, subscribe, publish, heard };
}

describe('subscriptions', () => {
  it('end with one UNSUBSCRIBE, when the last one leaves', async () => {
    const { server, subscribe } = setUp();
    const [first, second] = [subscribe('first'), subscribe('second')];
    await server.answerAll();

    await (await first)();
    expect(server.asked).not.toContain('UNSUBSCRIBE a');

    const leaving = (await second)();
    await server.answerAll();
    await leaving;

    expect(server.asked.filter((command) => command === 'UNSUBSCRIBE a')).toHaveLength(1);
    expect(server.subscribed).toEqual(new Set());
  });

  it('deliver to a new subscriber nothing that was published before', async () => {
    const { server, subscribe, publish, heard } = setUp();
    const first = subscribe('first');
    await server.answerAll();
    await first;

    const second = subscribe('second');
    await tick();
    publish();
    await server.answerAll();
    await second;
    publish();

    expect(heard).toEqual(['first x', 'first x', 'second x']);
  });

  it('stay when one leaves and another comes while UNSUBSCRIBE is on its way', async () => {
    const { server, subscribe, publish, heard } = setUp();
    const first = subscribe('first');
    await server.answerAll();

    const leaving = (await first)();
    await tick();
    const second = subscribe('second');
    await server.answerAll();
    await Promise.all([leaving, second]);
    publish();

    expect(heard).toEqual(['second x']);
  });

  it('stay when one leaves and another comes while a resubscription is on its way', async () => {
    const { server, subscribe, publish, heard } = setUp();
    const first = subscribe('first');
    await server.answerAll();
    server.reconnect();
    await tick();

    const leaving = (await first)();
    await tick();
    const second = subscribe('second');
    await server.answerAll();
    await Promise.all([leaving, second]);
    publish();

    expect(heard).toEqual(['second x']);
  });

  it('are requested again when a request of a subscriber that has left is refused', async () => {
    const { server, subscribe, publish, heard } = setUp();
    const [first] = [subscribe('first'), subscribe('second')];
    await server.answerAll();
    server.goDown();
    const leaving = (await first)();
    await tick();
    server.comeUp();
    await tick();
    await server.refuseAll();
    await leaving;
    await server.answerAll();
    publish();

    expect(heard).toEqual(['second x']);
  });

  it('are left when the last one leaves while a resubscription is on its way', async () => {
    const { server, subscribe } = setUp();
    const first = subscribe('first');
    await server.answerAll();
    server.reconnect();
    await tick();

    const leaving = (await first)();
    await server.answerAll();
    await leaving;

    expect(server.subscribed).toEqual(new Set());
  });

  it('count as left when the connection breaks before UNSUBSCRIBE is answered', async () => {
    const { server, subscribe } = setUp();
    const first = subscribe('first');
    await server.answerAll();

    const leaving = (await first)();
    await tick();
    server.reconnect();
    await leaving;
    await server.answerAll();

    expect(server.subscribed).toEqual(new Set());
    expect(server.asked).toEqual(['SUBSCRIBE a', 'UNSUBSCRIBE a']);
  });

  it('are sent again when the connection breaks before SUBSCRIBE is answered', async () => {
    const { server, subscribe, publish, heard } = setUp();
    const first = subscribe('first');
    await tick();
    server.reconnect();
    await server.answerAll();
    await first;
    publish();

    expect(heard).toEqual(['first x']);
  });

  it('are asked for again when the slot of one moves as it is confirmed', async () => {
    const { server, subscriptions } = setUp();
    const told: string[] = [];
    const subscribing = subscriptions.subscribe(
      { kind: 'shard', name: 'a' },
      {
        message: () => {},
        interrupted: () => told.push('interrupted'),
        resumed: () => told.push('resumed'),
      },
    );
    await tick();
    server.answerFirst();
    subscriptions.onRevoked('a');
    await tick();
    expect(told).toEqual(['interrupted']);

    await server.answerAll();
    await subscribing;

    expect(told).toEqual(['interrupted', 'resumed']);
    expect(server.asked).toEqual(['SSUBSCRIBE a', 'SSUBSCRIBE a']);
  });

  it('are not interrupted by the answer to UNSUBSCRIBE', async () => {
    const { server, subscriptions } = setUp();
    const told: string[] = [];
    const subscriber = { message: () => {}, interrupted: () => told.push('interrupted') };
    const subscribing = subscriptions.subscribe({ kind: 'shard', name: 'a' }, subscriber);
    await server.answerAll();

    const leaving = (await subscribing)();
    await tick();
    const joining = subscriptions.subscribe({ kind: 'shard', name: 'a' }, subscriber);
    subscriptions.onRevoked('a');
    await server.answerAll();
    await Promise.all([leaving, joining]);

    expect(told).toEqual([]);
    expect(server.asked.slice(0, 3)).toEqual(['SSUBSCRIBE a', 'SUNSUBSCRIBE a', 'SSUBSCRIBE a']);
  });
});
