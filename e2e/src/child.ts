import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Entry } from './accounting/entry.js';
import { ReportReader } from './accounting/report-reader.js';
import { eventually } from './eventually.js';

export type Program = 'consumer' | 'producer';

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** How long a process may take to finish, in ms. */
const finishMs = 45_000;

/** A process of its own that reports what it does. */
export class Child {
  readonly name: string;
  readonly pid: number;
  /** Resolves when the process has ended and all its reports are in the log. */
  readonly exited: Promise<Exit>;
  exit: Exit | undefined;
  readonly #process: ChildProcess;
  #isUp = false;

  /** @param folder where its reports go. */
  constructor(
    program: Program,
    folder: string,
    options: { name: string } & Record<string, unknown>,
    add: (entry: Entry) => void,
  ) {
    const { name } = options;
    // From the sources and from the bundle alike.
    const path = fileURLToPath(new URL(`../src/processes/${program}.mjs`, import.meta.url));
    const reports = join(folder, `${name}.ndjson`);
    const reader = new ReportReader(reports, (report) => {
      this.#isUp = true;
      add({ ...report, process: name });
    });
    const child = spawn(process.execPath, [path, JSON.stringify({ ...options, reports })], {
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    this.name = name;
    this.#process = child;
    this.pid = child.pid ?? 0;
    this.exited = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        this.exit = { code, signal };
        reader.close();
        resolve(this.exit);
      });
    });
  }

  /** Kills it with SIGKILL, at any point of its work. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    const { signal } = await this.exited;
    if (signal !== 'SIGKILL') throw new Error(`${this.name} had ended before it was killed`);
  }

  /** Asks it to finish, and waits until it has. */
  async finish(): Promise<void> {
    // Before that, it has no signal handler, and would just end.
    await eventually(() => this.#isUp || this.exit);
    this.#process.kill('SIGTERM');
    await this.done();
  }

  /** Waits until it has ended by itself. */
  async done(): Promise<void> {
    const describe = () => `${this.name} has finished`;
    await eventually(() => this.exit, { withinMs: finishMs, describe });
    const { code, signal } = await this.exited;
    if (code !== 0) throw new Error(`${this.name} ended with ${signal ?? code}`);
  }

  /** Freezes it by SIGSTOP; resolves when it is frozen. */
  async freeze(): Promise<void> {
    this.#process.kill('SIGSTOP');
    await eventually(() => isFrozen(this.pid));
  }

  thaw(): void {
    this.#process.kill('SIGCONT');
  }

  /** Ends the process for certain, in any state. */
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
