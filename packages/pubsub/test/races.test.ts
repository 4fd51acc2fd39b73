import { describe, expect, it } from 'vitest';
import { eventuallyPasses } from '../../../tooling/eventually.js';
import type { PubSub, Subscription } from '../src/index.js';
import { dice } from './support/dice.js';
import { testRedis, uniqueName } from './support/redis.js';

const redis = testRedis();

interface Held {
  name: string;
  subscription: Subscription<unknown>;
  heard: unknown[];
}

/** Subscribes and closes at random, without waiting for the one before the next. */
class Hammer {
  readonly held = new Set<Held>();
  readonly #work: Promise<unknown>[] = [];
  readonly #pubsub: PubSub;
  readonly #names: readonly string[];
  readonly #roll: (limit: number) => number;

  constructor(pubsub: PubSub, names: readonly string[], roll: (limit: number) => number) {
    this.#pubsub = pubsub;
    this.#names = names;
    this.#roll = roll;
  }

  strike(): void {
    const held = [...this.held];
    const unlucky = held[this.#roll(held.length + 2)];
    if (unlucky) this.#close(unlucky);
    else this.#work.push(this.#subscribe());
  }

  /** Resolves when Redis has answered everything. */
  async settled(): Promise<void> {
    for (let done = 0; done < this.#work.length; ) {
      done = this.#work.length;
      await Promise.all(this.#work);
    }
  }

  async #subscribe(): Promise<void> {
    const name = this.#names[this.#roll(this.#names.length)] as string;
    const heard: unknown[] = [];
    const options = { onMessage: ({ body }: { body: unknown }) => heard.push(body) };
    const subscription = name.includes('*')
      ? await this.#pubsub.subscribePattern(name, options)
      : await this.#pubsub.subscribe(name, options);
    this.held.add({ name, subscription, heard });
  }

  #close(held: Held): void {
    this.held.delete(held);
    this.#work.push(held.subscription.close());
  }
}

async function expectEachHears(hammer: Hammer, pubsub: PubSub, names: readonly string[]) {
  const marker = uniqueName('marker');
  const channels = names.map((name) => name.replace('*', 'x'));
  await eventuallyPasses(async () => {
    for (const name of names) {
      const wanted = [...hammer.held].some((held) => held.name === name) ? 1 : 0;
      const isPattern = name.includes('*');
      expect(await (isPattern ? redis.patterns() : redis.subscribers(name))).toBe(wanted);
    }
  });
  await Promise.all(channels.map((channel) => pubsub.publish(channel, marker)));
  await eventuallyPasses(() => {
    for (const { name, heard } of hammer.held) {
      const times = heard.filter((body) => body === marker).length;
      expect(`${name} ${times}`).toBe(`${name} 1`);
    }
  });
}

describe('subscribing and unsubscribing at the same time', () => {
  it.each([1, 2, 3, 4])(
    'leaves no subscriber without its messages and nothing subscribed, seed %i',
    async (seed) => {
      const roll = dice(seed);
      const pubsub = redis.pubsub();
      const names = [uniqueName('a'), uniqueName('b'), `${uniqueName('c')}.*`];
      const hammer = new Hammer(pubsub, names, roll);

      for (let round = 0; round < 300; round++) {
        hammer.strike();
        if (roll(4) === 0) await new Promise(setImmediate);
        if (round % 100 === 99) {
          await hammer.settled();
          await expectEachHears(hammer, pubsub, names);
        }
      }
      await Promise.all(Array.from(hammer.held, ({ subscription }) => subscription.close()));

      for (const name of names) expect(await redis.subscribers(name)).toBe(0);
    },
  );

  it.each([5, 6])('does so while the socket is killed again and again, seed %i', async (seed) => {
    const roll = dice(seed);
    const pubsub = redis.pubsub();
    const names = [uniqueName('a'), uniqueName('b'), `${uniqueName('c')}.*`];
    const hammer = new Hammer(pubsub, names, roll);

    for (let round = 0; round < 200; round++) {
      hammer.strike();
      if (roll(3) === 0) await new Promise(setImmediate);
      if (round % 20 === 19) await redis.admin.call('CLIENT', ['KILL', 'TYPE', 'pubsub']);
    }
    await hammer.settled();

    await expectEachHears(hammer, pubsub, names);
  });
});
