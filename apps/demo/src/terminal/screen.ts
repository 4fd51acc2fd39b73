import { type Paint, paintFor } from './paint.js';
import { cutTo, wrapped } from './wrap.js';

/** Lines that stay, and on a terminal a last line that shows how far things are. */
export class Screen {
  readonly paint: Paint;
  readonly #stream: NodeJS.WriteStream;
  readonly #hasStatus: boolean;
  #status = '';

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.paint = paintFor(stream);
    this.#hasStatus = Boolean(stream.isTTY) && process.env.TERM !== 'dumb';
  }

  /** Whether somebody looks at it. */
  get isTerminal(): boolean {
    return Boolean(this.#stream.isTTY);
  }

  line(text = ''): void {
    this.#write(`${wrapped(text, this.#columns)}\n`);
  }

  /** How wide a line may be. A file has lines of any length. */
  get #columns(): number {
    return this.#stream.isTTY ? this.#stream.columns || 80 : Number.POSITIVE_INFINITY;
  }

  /** Whether a line may have so many columns. */
  hasRoomFor(columns: number): boolean {
    return this.#columns >= columns;
  }

  /** Begins an act. */
  heading(number: number, title: string, subtitle: string): void {
    this.line();
    this.line(`${this.paint.accent(this.paint.bold(`${number}  ${title}`))}`);
    this.line(`   ${this.paint.dim(subtitle)}`);
    this.line();
  }

  /** Shows `text` below the lines until it is replaced; undefined removes it. */
  status(text: string | undefined): void {
    if (!this.#hasStatus || text === this.#status) return;
    // One that is wrapped could not be removed.
    this.#write('', cutTo(text ?? '', this.#columns - 1));
  }

  #write(lines: string, status = this.#status): void {
    const erase = this.#status ? '\r\x1b[2K' : '';
    this.#status = status;
    this.#stream.write(`${erase}${lines}${status}`);
  }
}
