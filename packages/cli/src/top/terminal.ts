import { emitKeypressEvents, type Key } from 'node:readline';

const enter = '\x1b[?1049h\x1b[?25l\x1b[?7l';
const leave = '\x1b[?7h\x1b[?25h\x1b[?1049l';

/**
 * The terminal as one page: a screen of its own without a cursor, where every key is told. However the process ends, the terminal
 * is as it was before.
 */
export class Terminal {
  readonly #input = process.stdin;
  readonly #output = process.stdout;
  readonly #onKey: (key: Key) => void;
  readonly #onResize: () => void;
  readonly #restore = () => this.#leave();
  readonly #resume = () => this.#enter();
  #isEntered = false;

  constructor({ key, resized }: { key(key: Key): void; resized(): void }) {
    this.#onKey = (pressed) => {
      if (pressed.ctrl && pressed.name === 'z') this.#suspend();
      else key(pressed);
    };
    this.#onResize = resized;
  }

  get width(): number {
    return this.#output.columns || 80;
  }

  get height(): number {
    return this.#output.rows || 24;
  }

  open(): void {
    emitKeypressEvents(this.#input);
    this.#input.on('keypress', this.#keypress);
    this.#output.on('resize', this.#onResize);
    process.on('exit', this.#restore);
    process.on('SIGCONT', this.#resume);
    this.#enter();
  }

  close(): void {
    this.#leave();
    this.#input.off('keypress', this.#keypress);
    this.#output.off('resize', this.#onResize);
    process.off('exit', this.#restore);
    process.off('SIGCONT', this.#resume);
    this.#input.pause();
  }

  /** Draws a page over the one before, without a flicker. */
  draw(lines: readonly string[]): void {
    if (!this.#isEntered) return;
    const page = lines.map((line) => `${line}\x1b[K`).join('\r\n');
    this.#output.write(`\x1b[H${page}\x1b[J`);
  }

  readonly #keypress = (_: string, key: Key) => this.#onKey(key);

  #enter(): void {
    if (this.#isEntered) return;
    this.#isEntered = true;
    this.#input.setRawMode(true);
    this.#input.resume();
    this.#output.write(enter);
    this.#onResize();
  }

  #leave(): void {
    if (!this.#isEntered) return;
    this.#isEntered = false;
    this.#output.write(leave);
    this.#input.setRawMode(false);
  }

  #suspend(): void {
    this.#leave();
    process.kill(process.pid, 'SIGSTOP');
  }
}
