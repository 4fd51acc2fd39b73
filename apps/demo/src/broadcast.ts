import { text } from '@redpost/core';
import { PubSub } from '@redpost/pubsub';
import { Listener } from './listener.js';
import type { Stage } from './stage.js';
import { plural } from './terminal/format.js';

const nameWidth = 'publisher'.length;

/** A publisher and those who listen to it, shown line by line. */
export class Broadcast implements AsyncDisposable {
  readonly #stage: Stage;
  readonly #pubsub: PubSub<string>;
  readonly #listeners: Listener[] = [];
  #published = 0;
  #countsAreRight = true;

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#pubsub = new PubSub<string>({ connection: stage.connection, codec: text() });
  }

  async join(name: string): Promise<void> {
    const { connect, names } = this.#stage;
    this.#listeners.push(await Listener.join(name, names.channel, connect()));
    const { paint } = this.#stage.screen;
    const before = paint.dim(`after ${plural(this.#published, 'message')}`);
    this.#show(paint.accent(name.padEnd(nameWidth)), 'subscribes', before);
  }

  /** Publishes, and waits until all who listen have the message. */
  async publish(body: string): Promise<void> {
    const { names, screen } = this.#stage;
    for (const listener of this.#listeners) listener.expect(body);
    const receivers = await this.#pubsub.publish(names.channel, body);
    this.#published += 1;
    if (receivers !== this.#listeners.length) this.#countsAreRight = false;

    const count = screen.paint.dim(`→ ${plural(receivers, 'receiver')}`);
    this.#show('publisher', 'publishes', `${body.padEnd(14)}  ${count}`);
    for (const listener of this.#listeners) await this.#receive(listener);
  }

  async finish() {
    for (const listener of this.#listeners) await listener.drain();
    return {
      published: this.#published,
      listeners: this.#listeners,
      isExact: this.#countsAreRight && this.#listeners.every(({ isExact }) => isExact),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const listener of this.#listeners) await listener[Symbol.asyncDispose]();
    await this.#pubsub.close();
  }

  async #receive(listener: Listener): Promise<void> {
    const { paint } = this.#stage.screen;
    const body = await listener.next(this.#stage.signal);
    this.#show(
      paint.accent(listener.name.padEnd(nameWidth)),
      paint.dim('got'.padEnd(10)),
      body ?? paint.bad('nothing'),
    );
  }

  #show(who: string, does: string, what: string): void {
    this.#stage.screen.line(`   ${who}  ${does.padEnd(10)}  ${what}`.trimEnd());
  }
}
