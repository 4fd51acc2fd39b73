const terminal = process.stderr;

/** One line on stderr that says what is going on; on anything but a terminal, a line per step. */
export class Progress {
  readonly #startedAt = Date.now();
  #step = '';

  show(step: string, detail: string): void {
    if (terminal.isTTY) {
      const line = `${this.#elapsed()}  ${step}  ${detail}`;
      terminal.write(`\r\u001b[K${line.slice(0, (terminal.columns ?? 80) - 1)}`);
    } else if (step !== this.#step) {
      terminal.write(`${this.#elapsed()}  ${step}\n`);
    }
    this.#step = step;
  }

  end(): void {
    if (terminal.isTTY) terminal.write('\r\u001b[K');
  }

  #elapsed(): string {
    const seconds = Math.round((Date.now() - this.#startedAt) / 1000);
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  }
}
