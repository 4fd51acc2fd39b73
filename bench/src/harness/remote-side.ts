import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Reply, Request, TaskName, TaskOptions, TaskResult } from '../side/tasks.js';

/** The handle of one side's process. */
export class RemoteSide {
  /** Called when a subscriber tells how many messages it has got. */
  onProgress: (received: number) => void = () => {};
  readonly #process: ChildProcess;
  readonly #name: string;
  readonly #waiting = new Map<number, PromiseWithResolvers>();
  #lastId = 0;

  constructor(kind: 'queue' | 'channel', subject: string) {
    const program = fileURLToPath(new URL('./side.js', import.meta.url));
    this.#name = subject;
    this.#process = fork(program, [kind, subject], {
      execArgv: ['--expose-gc'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#process.on('message', (reply) => this.#take(reply as Reply));
    this.#process.once('exit', (code, signal) => this.#fail(`ended with ${signal ?? code}`));
    this.#process.once('error', (error) => this.#fail(error.message));
  }

  /** Has the process perform a task; rejects when it fails, ends, or takes longer than `withinMs`. */
  async ask<Name extends TaskName>(
    task: Name,
    ...[options]: TaskOptions<Name>
  ): Promise<TaskResult<Name>> {
    this.#lastId += 1;
    const id = this.#lastId;
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
    this.#process.send({ id, task, options } satisfies Request);
    return (await answer) as TaskResult<Name>;
  }

  /** Ends the process, whatever it is doing. */
  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await exited;
  }

  #take(reply: Reply): void {
    if ('received' in reply) {
      this.onProgress(reply.received);
      return;
    }
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ('error' in reply) waiting?.reject(new Error(`${this.#name}: ${reply.error}`));
    else waiting?.resolve(reply.value);
  }

  #fail(reason: string): void {
    const error = new Error(`${this.#name}: its process ${reason}`);
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

interface PromiseWithResolvers {
  resolve(value: unknown): void;
  reject(error: Error): void;
}
