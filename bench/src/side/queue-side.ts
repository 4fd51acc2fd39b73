import { setTimeout as pause } from 'node:timers/promises';
import { bodiesOf } from '../body.js';
import type { Body, Consuming, QueueClient, QueueSubject } from '../subject.js';
import { concurrently } from './concurrently.js';
import { nowNs, Side, timed } from './side.js';
import { Tally } from './tally.js';
import type { Delivered, Numbers, Sent, Trickle } from './tasks.js';

/** A producer or a consumer. */
export class QueueSide extends Side {
  readonly #subject: QueueSubject;
  #client: QueueClient | undefined;
  #consuming: Consuming | undefined;
  #tally = new Tally(0, 0);
  #latencies: number[] = [];

  constructor(subject: QueueSubject) {
    super();
    this.#subject = subject;
  }

  async open({ url, persistent }: { url: string; persistent: boolean }): Promise<void> {
    this.#client = await this.#subject.open(url, { persistent });
  }

  send({ callers, bytes, ...numbers }: Numbers & { callers: number }): Promise<Sent> {
    const client = this.#opened();
    const bodyOf = bodiesOf(bytes);
    return timed(() => concurrently(numbers, callers, (n) => client.send(bodyOf(n))));
  }

  async durations({ first, count, bytes }: Numbers): Promise<number[]> {
    const client = this.#opened();
    const bodyOf = bodiesOf(bytes);
    const durations: number[] = [];
    for (let n = first; n < first + count; n += 1) {
      const startedAt = nowNs();
      await client.send(bodyOf(n));
      durations.push((nowNs() - startedAt) / 1e6);
    }
    return durations.sort((a, b) => a - b);
  }

  sendBatches({ first, count, bytes, size }: Numbers & { size: number }): Promise<Sent> {
    const client = this.#opened();
    const bodyOf = bodiesOf(bytes);
    const end = first + count;

    return timed(async () => {
      for (let start = first; start < end; start += size) {
        const length = Math.min(size, end - start);
        const bodies = Array.from({ length }, (_, at) => bodyOf(start + at));
        if (client.sendBatch) await client.sendBatch(bodies);
        else await Promise.all(bodies.map((body) => client.send(body)));
      }
    });
  }

  async trickle({ first, count, bytes, pauseMs }: Trickle): Promise<void> {
    const client = this.#opened();
    const bodyOf = bodiesOf(bytes);

    for (let n = first; n < first + count; n += 1) {
      await pause(pauseMs * (1 + Math.random()));
      await client.send(bodyOf(n, nowNs()));
    }
  }

  async consume(options: {
    first: number;
    count: number;
    concurrency: number;
    enough?: number;
    handlerMs?: number;
  }): Promise<void> {
    const { first, count, concurrency, enough, handlerMs = 0 } = options;
    const tally = new Tally(first, count, enough);
    const latencies: number[] = [];
    this.#tally = tally;
    this.#latencies = latencies;

    const handler = async ({ n, at }: Body): Promise<void> => {
      if (handlerMs) await pause(Math.random() * handlerMs);
      tally.see(n);
      if (at) latencies.push((nowNs() - at) / 1e6);
    };
    const elsewhere = { handlerMs, handled: (n: number) => tally.see(n) };
    this.#consuming = await this.#opened().consume(handler, concurrency, elsewhere);
  }

  handled({ count }: { count: number }): Promise<void> {
    return this.#tally.reached(count);
  }

  async alone({
    concurrency,
    handlerMs,
  }: {
    concurrency: number;
    handlerMs: number;
  }): Promise<{ perSecond: number }> {
    const startedAt = performance.now();
    const endsAt = startedAt + 1000;
    let calls = 0;

    async function handler(): Promise<void> {
      while (performance.now() < endsAt) {
        await pause(Math.random() * handlerMs);
        calls += 1;
      }
    }

    await Promise.all(Array.from({ length: concurrency }, handler));
    return { perSecond: (1000 * calls) / (performance.now() - startedAt) };
  }

  async delivered(): Promise<Delivered> {
    await this.#tally.complete;
    await this.#consuming?.stop();
    this.#consuming = undefined;
    return this.#tally.result();
  }

  async come(): Promise<Delivered> {
    await this.#tally.complete;
    return this.#tally.result();
  }

  latencies(): number[] {
    return this.#latencies.sort((a, b) => a - b);
  }

  override async cpu(): Promise<{ ms: number }> {
    const ms = await this.#consuming?.cpuMs?.();
    return ms === undefined ? super.cpu() : { ms };
  }

  protected async closeClient(): Promise<void> {
    await this.#consuming?.stop();
    this.#consuming = undefined;
    await this.#client?.close();
    this.#client = undefined;
  }

  #opened(): QueueClient {
    if (!this.#client) throw new Error('Not open');
    return this.#client;
  }
}
