import { type ChildProcess, spawn } from 'node:child_process';
import { onAbort } from './interruption.js';

export interface ChildInput {
  /** The stdin of the command. */
  body: Buffer;
  /** Added to our own environment. */
  env: Record<string, string>;
  /** Ends the command, first by SIGTERM. */
  stop: AbortSignal;
  /** Ends the command by SIGKILL. */
  kill: AbortSignal;
}

/** How long a command may take to end after SIGTERM, in ms. */
const graceMs = 2000;

/**
 * Runs a command line in a shell, and resolves with how it ended: undefined for exit code 0, else e.g. `exit
 * code 3`. Rejects when it cannot be started.
 *
 * It is the leader of a process group, so that Ctrl-C in the terminal does not reach it, and that its child
 * processes end with it.
 */
export function runChild(command: string, input: ChildInput): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', command], {
      detached: true,
      env: { ...process.env, ...input.env },
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    const killer = new GroupKiller(child);
    // The second signal outlives the child by far.
    const forget = [
      onAbort(input.stop, () => killer.terminate()),
      onAbort(input.kill, () => killer.kill()),
    ];
    const ended = () => {
      killer.done();
      for (const each of forget) each();
    };
    child.once('error', (error) => {
      ended();
      reject(error);
    });
    child.once('exit', (code, signal) => {
      ended();
      if (code === 0) resolve(undefined);
      else resolve(signal ? `killed by ${signal}` : `exit code ${code}`);
    });
    // A command need not read its body.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input.body);
  });
}

class GroupKiller {
  readonly #child: ChildProcess;
  #timer: NodeJS.Timeout | undefined;
  #isAsked = false;

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  terminate(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    this.#send('SIGTERM');
    this.#timer = setTimeout(() => this.#send('SIGKILL'), graceMs);
  }

  kill(): void {
    this.#isAsked = true;
    this.#send('SIGKILL');
  }

  /** The leader has ended. Its remaining child processes are ended too if it was to be killed. */
  done(): void {
    clearTimeout(this.#timer);
    if (this.#isAsked) this.#send('SIGKILL', { alsoAfterwards: true });
  }

  #send(signal: NodeJS.Signals, { alsoAfterwards = false } = {}): void {
    const { pid, exitCode, signalCode } = this.#child;
    const hasEnded = exitCode !== null || signalCode !== null;
    if (pid === undefined || (hasEnded && !alsoAfterwards)) return;
    try {
      process.kill(-pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
