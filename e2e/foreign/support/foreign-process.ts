import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const programs = fileURLToPath(new URL('../programs', import.meta.url));

/** A program of another system that runs beside a test, in the folder of the programs. */
export class ForeignProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #output = '';

  /** @param input what it reads from stdin. Default: nothing. */
  constructor(
    program: string,
    args: readonly string[],
    env: Record<string, string>,
    input?: string,
  ) {
    this.#child = spawn(program, args, {
      cwd: programs,
      env: { ...process.env, ...env },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      // So that what it starts ends with it.
      detached: true,
    });
    // When all that it has printed was read, too.
    this.#exited = once(this.#child, 'close');
    // It may be killed before it has read that.
    this.#child.stdin?.on('error', () => {});
    this.#child.stdin?.end(input);
    const keep = (chunk: Buffer) => {
      this.#output += chunk;
    };
    this.#child.stdout?.on('data', keep);
    this.#child.stderr?.on('data', keep);
  }

  /** All that it has printed, on stdout and stderr. */
  get output(): string {
    return this.#output;
  }

  /** Resolves to what it has printed when it has ended; rejects when its exit code is not 0. */
  async done(): Promise<string> {
    await this.#exited;
    if (this.#child.exitCode === 0) return this.#output;
    throw new Error(`It ended with ${this.#child.exitCode}:\n${this.#output}`);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Ends it and all that it has started, without asking. */
  async kill(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid !== undefined && exitCode === null && signalCode === null)
      process.kill(-pid, 'SIGKILL');
    await this.#exited;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
