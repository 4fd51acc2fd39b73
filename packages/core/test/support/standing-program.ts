import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import { eventually } from '../../../../tooling/eventually.js';
import { whileFrozen } from '../../../../tooling/while-frozen.js';
import type { Connection, ConnectionTarget } from '../../src/index.js';
import { openConnection, uniqueKey } from './use-redis.js';

/** Longer than the clocks may go unlooked at. */
export const standstillMs = 6500;

interface Told {
  events: string[];
  heard: string[];
  readFailures: string[];
  beatMsAgo: number;
}

/** What `sent()` is when all calls were executed once and in order. */
export const inOrder = Array.from({ length: 20 }, (_, n) => n);

/** A process of its own with sockets of every kind, until the test ends. It can be frozen. */
export class StandingProgram {
  readonly key = uniqueKey();
  readonly taken: string[] = [];
  readonly #child: ChildProcess;
  readonly #admin: Connection;

  constructor(options: {
    ports: number[];
    isOwnClient?: boolean;
    blocksMs?: number;
    at: ConnectionTarget;
  }) {
    const path = fileURLToPath(new URL('stands-still.mjs', import.meta.url));
    const { at, ...own } = options;
    this.#admin = openConnection(at);
    this.#child = fork(path, [JSON.stringify({ key: this.key, ...own })]);
    this.#child.on('message', ({ taken }: { taken?: string }) => taken && this.taken.push(taken));
    onTestFinished(() => void this.#child.kill('SIGKILL'));
  }

  /** Resolves when all its calls have been answered once. */
  async ready(): Promise<void> {
    expect(await this.#next('ready')).toEqual([]);
    await this.admin('DEL', `${this.key}:sent`);
  }

  admin(command: string, ...args: (string | number)[]): Promise<unknown> {
    return this.#admin.call(command, args);
  }

  /** What it is told now is what wakes it: it is read before any timer runs. */
  async whileFrozen(job: () => void): Promise<void> {
    await whileFrozen(this.#child.pid ?? 0, async () => {
      job();
      const until = performance.now() + standstillMs;
      await eventually(() => performance.now() > until);
      this.say('call');
    });
  }

  say(what: 'call' | 'resume' | 'tell'): void {
    this.#child.send(what);
  }

  async called(): Promise<{ count: number; failed: string[] }> {
    return (await this.#next('called')) as { count: number; failed: string[] };
  }

  async told(): Promise<Told> {
    const told = this.#next('told');
    this.say('tell');
    return (await told) as Told;
  }

  /** Which sockets it has at the server. */
  async sockets(): Promise<string[]> {
    const list = String(await this.admin('CLIENT', 'LIST')).split('\n');
    return list
      .filter((line) => line.includes(`name=${this.key}:`))
      .map(idOf)
      .sort();
  }

  /** All that was sent, once and in order. */
  async sent(): Promise<number[]> {
    return ((await this.admin('LRANGE', `${this.key}:sent`, 0, -1)) as Buffer[]).map(Number);
  }

  async #next(what: string): Promise<unknown> {
    for (;;) {
      const [message] = await once(this.#child, 'message');
      if (what in message) return message[what];
    }
  }
}

function idOf(line: string): string {
  return line.split(' ', 1)[0] ?? '';
}
