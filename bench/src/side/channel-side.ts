import { bodiesOf } from '../body.js';
import type { ChannelClient, ChannelSubject } from '../subject.js';
import { concurrently } from './concurrently.js';
import { Side, timed } from './side.js';
import { Tally } from './tally.js';
import type { Delivered, Numbers, Sent } from './tasks.js';

const reportEvery = 1000;

/** A publisher or a subscriber. */
export class ChannelSide extends Side {
  readonly #subject: ChannelSubject;
  readonly #report: (received: number) => void;
  #client: ChannelClient | undefined;
  #tally = new Tally(0, 0);
  #received = 0;
  #waiting: (() => void)[] = [];

  constructor(subject: ChannelSubject, report: (received: number) => void) {
    super();
    this.#subject = subject;
    this.#report = report;
  }

  async open({ url, persistent }: { url: string; persistent: boolean }): Promise<void> {
    this.#client = await this.#subject.open(url, { persistent });
    this.#received = 0;
  }

  publish(options: Numbers & { callers: number; window: number }): Promise<Sent> {
    const { callers, window, bytes, ...numbers } = options;
    const client = this.#opened();
    const bodyOf = bodiesOf(bytes);

    const publish = async (n: number): Promise<void> => {
      while (n - numbers.first - this.#received >= window) await this.#untilProgress();
      await client.publish(bodyOf(n));
    };
    return timed(() => concurrently(numbers, callers, publish));
  }

  progress({ received }: { received: number }): void {
    this.#received = received;
    for (const proceed of this.#waiting.splice(0)) proceed();
  }

  async subscribe({ first, count }: { first: number; count: number }): Promise<void> {
    const tally = new Tally(first, count);
    this.#tally = tally;
    await this.#opened().subscribe(({ n }) => {
      tally.see(n);
      if (tally.distinct % reportEvery === 0) this.#report(tally.distinct);
    });
  }

  async delivered(): Promise<Delivered> {
    await this.#tally.complete;
    return this.#tally.result();
  }

  protected async closeClient(): Promise<void> {
    await this.#client?.close();
    this.#client = undefined;
  }

  #untilProgress(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #opened(): ChannelClient {
    if (!this.#client) throw new Error('Not open');
    return this.#client;
  }
}
