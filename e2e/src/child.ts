import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Entry, Report } from './entry.js';
import { eventually } from './eventually.js';

export type Program = 'consumer' | 'producer';

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A process of its own that reports what it does. */
export class Child {
  readonly name: string;
  readonly pid: number;
  /** Resolves when the process is gone and all that it reported is in the ledger. */
  readonly exited: Promise<Exit>;
  exit: Exit | undefined;
  readonly #process: ChildProcess;

  constructor(
    program: Program,
    options: { name: string } & Record<string, unknown>,
    add: (entry: Entry) => void,
  ) {
    const path = fileURLToPath(new URL(`./processes/${program}.mjs`, import.meta.url));
    const child = spawn(process.execPath, [path, JSON.stringify(options)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.name = options.name;
    this.#process = child;
    this.pid = child.pid ?? 0;
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) =>
      add({ ...(JSON.parse(line) as Report & { at: number }), process: this.name }),
    );
    const read = new Promise((resolve) => lines.once('close', resolve));
    this.exited = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        this.exit = { code, signal };
        void read.then(() => resolve({ code, signal }));
      });
    });
  }

  /** Ends it with SIGKILL, in the middle of whatever it does. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    const { signal } = await this.exited;
    if (signal !== 'SIGKILL') throw new Error(`${this.name} had ended before it was killed`);
  }

  /** Asks it to finish, and waits until it has ended by itself. */
  async finish(): Promise<void> {
    this.#process.kill('SIGTERM');
    const { code, signal } = await this.exited;
    if (code !== 0) throw new Error(`${this.name} ended with ${signal ?? code}`);
  }

  /** Stops it as it stands; resolves when it stands still. */
  async freeze(): Promise<void> {
    this.#process.kill('SIGSTOP');
    await eventually(() => isFrozen(this.pid));
  }

  thaw(): void {
    this.#process.kill('SIGCONT');
  }

  /** Whatever it takes, and whatever state it is in. */
  async dispose(): Promise<void> {
    if (!this.exit) this.#process.kill('SIGKILL');
    await this.exited;
  }
}

/** True when the process is stopped by a signal. */
export function isFrozen(pid: number): boolean {
  const [state] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1] ?? '';
  return state === 'T';
}
