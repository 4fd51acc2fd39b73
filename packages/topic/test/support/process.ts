import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Connection } from '@redpost/core';
import { onTestFinished } from 'vitest';

export interface MemberReport {
  member: number;
  begins?: number;
  ends?: number;
  key?: string;
  attempt?: number;
  /** The code of the error with which an ack was refused. */
  refused?: string;
  /** How many records it was told to have lost, */
  lost?: number;
  /** and how many records of other members it returned. */
  recovered?: number;
}

export interface MemberOptions {
  url: string;
  name: string;
  leaseMs: number;
  mode: 'consume' | 'forward';
  partitions?: number;
  /** How a handler settles. Default `return`. */
  settle?: 'return' | 'ack';
  /** Whether handlers wait for the key `<name>:gate:<member>:<attempt>`. */
  isGated?: boolean;
}

/** A member of a group in a process of its own: see member.mjs. */
export class MemberProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  constructor(member: number, options: MemberOptions) {
    const path = fileURLToPath(new URL('./member.mjs', import.meta.url));
    const child = spawn(process.execPath, [path, JSON.stringify({ member, ...options })], {
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    this.#child = child;
    this.#exited = new Promise((resolve) => child.once('close', resolve));
    onTestFinished(() => this.kill());
  }

  /** Ends it with SIGKILL, in the middle of whatever it does. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  /** It does nothing any more, until it is woken. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  wake(): void {
    this.#child.kill('SIGCONT');
  }

  /** Lets it stop, and waits until it has. */
  async finish(): Promise<void> {
    this.#child.stdin?.end();
    await this.#exited;
  }
}

/** What the members of a topic have reported, in the order in which it happened. */
export async function reportsOf({
  name,
  connection,
}: {
  name: string;
  connection: Connection;
}): Promise<MemberReport[]> {
  const lines = (await connection.call('LRANGE', [`${name}:log`, 0, -1])) as Buffer[];
  return lines.map((line) => JSON.parse(String(line)) as MemberReport);
}
