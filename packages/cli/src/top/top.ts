import type { Key } from 'node:readline';
import type { Connection } from '@redpost/core';
import { divertNotices } from '../output/notices.js';
import { paintFor } from '../output/paint.js';
import { explain } from '../program/exit-codes.js';
import { detailLines, readDetail } from './detail.js';
import { type Row, Sampler } from './sampler.js';
import { Terminal } from './terminal.js';
import { arranged, type Order, orders, overviewLines, type View } from './view.js';

interface Question {
  text: string;
  yes(): Promise<unknown>;
}

const overviewKeys = [
  'q quit  ↑↓ select  ⏎ open  p pause or resume  s sort  / filter',
  'q quit  ⏎ open  p pause  s sort  / find',
  'q ⏎ p s /',
];
const detailKeys = ['q quit  esc back  p pause or resume', 'q quit  esc back'];
const filterKeys = ['type a part of a name; ⏎ done, esc all', '⏎ done  esc all'];

/** All queues and groups on one page, which is drawn again at an interval and at every key. */
export class Top {
  readonly #connection: Connection;
  readonly #intervalMs: number;
  readonly #sampler: Sampler;
  readonly #terminal = new Terminal({
    key: (key) => this.#press(key),
    resized: () => this.#draw(),
  });
  readonly #paint = paintFor(process.stdout);
  #rows: readonly Row[] = [];
  #order: Order = 'attention';
  #filter = '';
  #isFiltering = false;
  #selected: string | undefined;
  #opened: { name: string; lines: readonly string[] } | undefined;
  #question: Question | undefined;
  #notice = '';
  #problem: string | undefined;
  #sampledAt: number | undefined;
  #quit = () => {};
  #sampleNow = () => {};

  constructor(connection: Connection, intervalMs: number) {
    this.#connection = connection;
    this.#intervalMs = intervalMs;
    this.#sampler = new Sampler(connection);
  }

  /** Resolves when somebody quits, or the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      this.#quit = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
      if (signal.aborted) resolve();
    });
    const undivert = divertNotices((text) => this.#tell(text));
    // Draws how long Redis has been away, too.
    const clock = setInterval(() => this.#draw(), this.#intervalMs);
    this.#terminal.open();
    try {
      await Promise.race([ended, this.#sampleOn(ended)]);
    } finally {
      clearInterval(clock);
      this.#terminal.close();
      undivert();
      await this.#sampler.close();
    }
  }

  async #sampleOn(ended: Promise<void>): Promise<void> {
    let isOver = false;
    void ended.then(() => {
      isOver = true;
    });
    while (!isOver) {
      await this.#sample();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.#intervalMs);
        this.#sampleNow = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  async #sample(): Promise<void> {
    try {
      this.#rows = await this.#sampler.sample();
      await this.#readOpened();
      this.#sampledAt = performance.now();
      this.#problem = undefined;
    } catch (error) {
      this.#problem = explain(error);
    }
    this.#draw();
  }

  async #readOpened(): Promise<void> {
    const name = this.#opened?.name;
    const queue = name === undefined ? undefined : this.#sampler.queue(name);
    if (name === undefined || !queue) return;
    const lines = await readDetail(queue);
    if (this.#opened?.name === name) this.#opened = { name, lines };
  }

  #draw(): void {
    const { width, height } = this.#terminal;
    const view: View = { width, height, paint: this.#paint };
    const { text, isAlarm } = this.#noticeNow();
    if (this.#opened) {
      const page = { ...this.#opened, notice: text, keys: detailKeys };
      this.#terminal.draw(detailLines(page, view));
      return;
    }
    const rows = arranged(this.#rows, this.#order, this.#filter);
    if (!rows.some(({ name }) => name === this.#selected)) this.#selected = rows[0]?.name;
    const page = {
      address: this.#connection.address,
      rows,
      selected: this.#selected,
      order: this.#order,
      filter: this.#filter,
      notice: { text, isAlarm },
      keys: this.#isFiltering ? filterKeys : overviewKeys,
    };
    this.#terminal.draw(overviewLines(page, view));
  }

  #noticeNow(): { text: string; isAlarm: boolean } {
    if (this.#question) return { text: `${this.#question.text} y/n`, isAlarm: false };
    if (this.#isFiltering) return { text: `filter: ${this.#filter}▏`, isAlarm: false };
    const sinceMs = performance.now() - (this.#sampledAt ?? performance.now());
    const isLate = sinceMs > 2 * this.#intervalMs + 1000;
    if (this.#problem !== undefined || isLate) {
      const seconds = Math.round(sinceMs / 1000);
      const why = this.#problem ?? (this.#notice || 'Redis does not answer');
      return { text: `numbers are ${seconds} s old: ${why}`, isAlarm: true };
    }
    return { text: this.#notice, isAlarm: false };
  }

  #tell(text: string): void {
    this.#notice = text;
    this.#draw();
  }

  #press(key: Key): void {
    if (key.ctrl && key.name === 'c') this.#quit();
    else if (this.#question) this.#answer(key);
    else if (this.#isFiltering) this.#type(key);
    else this.#command(key);
    this.#draw();
  }

  #command({ name, sequence = '' }: Key): void {
    const page = Math.max(1, this.#terminal.height - 5);
    const steps: Record<string, number> = { up: -1, k: -1, down: 1, j: 1 };
    const jumps: Record<string, number> = {
      pageup: -page,
      pagedown: page,
      home: Number.NEGATIVE_INFINITY,
      end: Number.POSITIVE_INFINITY,
    };
    const step = steps[name ?? ''] ?? jumps[name ?? ''];
    this.#notice = '';
    if (name === 'q') this.#quit();
    else if (name === 'escape' || name === 'backspace') this.#opened = undefined;
    else if (name === 'p') this.#askToPause();
    else if (this.#opened) return;
    else if (step !== undefined) this.#move(step);
    else if (name === 'return' || name === 'enter') this.#open();
    else if (name === 's') this.#order = after(this.#order);
    else if (sequence === '/') this.#isFiltering = true;
  }

  #move(step: number): void {
    const rows = arranged(this.#rows, this.#order, this.#filter);
    const at = rows.findIndex(({ name }) => name === this.#selected);
    this.#selected = rows[Math.max(0, Math.min(rows.length - 1, at + step))]?.name;
  }

  #open(): void {
    const row = this.#row();
    if (row?.kind === 'group')
      this.#notice = `see redpost topic groups ${row.name.split(' > ')[0]}`;
    if (row?.kind !== 'queue') return;
    this.#opened = { name: row.name, lines: [] };
    this.#sampleNow();
  }

  #askToPause(): void {
    const row = this.#row();
    const queue = row?.kind === 'queue' ? this.#sampler.queue(row.name) : undefined;
    if (!row || !queue) {
      this.#notice = 'a consumer group cannot be paused';
      return;
    }
    this.#question = row.paused
      ? { text: `Resume ${row.name}?`, yes: () => queue.resume() }
      : {
          text: `Pause ${row.name} for all its consumers?`,
          yes: () => queue.pause({ reason: 'by redpost top' }),
        };
  }

  #answer({ name }: Key): void {
    const question = this.#question;
    this.#question = undefined;
    if (name !== 'y') return;
    question
      ?.yes()
      .catch((error: unknown) => this.#tell(explain(error)))
      .finally(() => this.#sampleNow());
  }

  #type({ name, sequence = '' }: Key): void {
    if (name === 'escape') this.#filter = '';
    if (name === 'escape' || name === 'return' || name === 'enter') this.#isFiltering = false;
    else if (name === 'backspace') this.#filter = this.#filter.slice(0, -1);
    else if (/^[^\p{C}]$/u.test(sequence)) this.#filter += sequence;
  }

  #row(): Row | undefined {
    const name = this.#opened?.name ?? this.#selected;
    return this.#rows.find((row) => row.name === name);
  }
}

function after(order: Order): Order {
  return orders[(orders.indexOf(order) + 1) % orders.length] ?? 'attention';
}
