import type { Delivery } from '@redpost/queue';
import { MessageLog } from './message-log.js';
import type { DemoOptions } from './options.js';
import { bar, milliseconds, plural, seconds } from './terminal/format.js';
import type { Screen } from './terminal/screen.js';
import { Timings } from './timings.js';

/** Pings come every second: not all of them are worth a line. */
const pingLineMs = 5000;
/** How many columns the bar has, on a terminal of 80 columns and on a narrower one. */
const [widestBar, narrowBar] = [30, 12];

/** What happens between producers and consumers: shown line by line, and counted. */
export class Traffic {
  readonly log = new MessageLog();
  /** From the call of `send` until a consumer has the message. */
  readonly latencies = new Timings();
  readonly pings = new Timings();
  /** How many messages each consumer has handled. */
  readonly shares: number[];
  readonly #screen: Screen;
  readonly #total: number;
  readonly #width: { time: number; count: number; consumer: number; body: number };
  readonly #sendingAt = new Map<string, number>();
  #startedAt = performance.now();
  #lastAt = this.#startedAt;
  #taken = 0;
  #handled = 0;
  #pingLineAt = Number.NEGATIVE_INFINITY;
  #lastNotice = '';

  constructor(screen: Screen, { producers, consumers, messages }: DemoOptions) {
    this.#screen = screen;
    this.#total = producers * messages;
    this.shares = new Array<number>(consumers).fill(0);
    this.#width = {
      time: 8,
      count: `${this.#total}/${this.#total}`.length,
      consumer: `Consumer:${consumers - 1}`.length,
      body: `Producer:${producers - 1} produce data`.length,
    };
  }

  /** How long it took until the last message was handled. */
  get elapsedMs(): number {
    return this.#lastAt - this.#startedAt;
  }

  /** How long ago a message was last handled. */
  get quietMs(): number {
    return performance.now() - this.#lastAt;
  }

  get isMissingSome(): boolean {
    return this.log.tally.lost > 0;
  }

  begin(): void {
    this.#startedAt = performance.now();
    this.#lastAt = this.#startedAt;
  }

  sending(id: string): void {
    this.#sendingAt.set(id, performance.now());
  }

  sent(id: string): void {
    this.log.sent(id);
    this.#lastAt = performance.now();
  }

  took({ id, body, attempt }: Delivery<string>, index: number): void {
    const { paint } = this.#screen;
    const { count, consumer, body: bodyWidth } = this.#width;
    const latency = performance.now() - (this.#sendingAt.get(id) ?? Number.NaN);
    this.latencies.add(latency);
    this.#taken += 1;
    this.#line(
      [
        paint.dim(`${this.#taken}/${this.#total}`.padStart(count)),
        paint.accent(`Consumer:${index}`.padEnd(consumer)),
        paint.dim('got'),
        body.padEnd(bodyWidth),
        paint.dim(`after ${milliseconds(latency)}`),
        ...(attempt > 1 ? [paint.bad(`attempt ${attempt}`)] : []),
      ].join('  '),
    );
  }

  handled({ id }: Delivery<string>, index: number): void {
    this.log.handled(id);
    this.#handled += 1;
    this.#lastAt = performance.now();
    this.shares[index] = (this.shares[index] ?? 0) + 1;
    this.#showProgress();
  }

  pinged(ms: number): void {
    this.pings.add(ms);
    const now = performance.now();
    if (now - this.#pingLineAt < pingLineMs) return;
    this.#pingLineAt = now;
    this.#remark('keep-alive', this.#screen.paint.dim(`ping answered in ${milliseconds(ms)}`));
  }

  /** Something went wrong in the background. Said once, however many report it. */
  notice(message: string): void {
    if (message === this.#lastNotice) return;
    this.#lastNotice = message;
    this.#remark('trouble', this.#screen.paint.bad(message));
  }

  /** A line about no message, under the names of the consumers. */
  #remark(about: string, text: string): void {
    const { count, consumer } = this.#width;
    this.#line(`${' '.repeat(count)}  ${this.#screen.paint.dim(about.padEnd(consumer))}  ${text}`);
  }

  #line(text: string): void {
    const time = seconds(performance.now() - this.#startedAt).padStart(this.#width.time);
    this.#screen.line(`${this.#screen.paint.dim(time)}  ${text}`);
    this.#showProgress();
  }

  #showProgress(): void {
    const { paint } = this.#screen;
    const inWork = this.#taken - this.#handled;
    const [words, width] = this.#screen.hasRoomFor(widestBar + 50)
      ? [`${this.#handled} of ${plural(this.#total, 'message')} done, ${inWork} in work`, widestBar]
      : [`${this.#handled} of ${this.#total} done`, narrowBar];
    const [done, rest] = bar(this.#handled, this.#total, width);
    this.#screen.status(`   ${paint.accent(done)}${paint.dim(rest)}  ${paint.dim(words)}`);
  }
}
