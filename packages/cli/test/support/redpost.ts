import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type EmbeddedRedis, startRedis } from '@redpost/core/embedded';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { type Ended, ended } from './ended.js';
import { environment, type RunOptions, runHere } from './run-here.js';

export const bin = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));

/** A command that runs. */
export interface Running {
  process: ChildProcess;
  /** What it has written so far. */
  readonly stdout: string;
  readonly stderr: string;
  ended: Promise<Ended>;
}

export interface StartOptions {
  /** What it reads on stdin, which then ends. With null, stdin stays open. Default: nothing. */
  input?: string | Buffer | null;
  env?: Record<string, string>;
}

/** The command, with a private Redis of its own for the tests of one file. */
export function useRedpost() {
  let redis: EmbeddedRedis | undefined;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.stop());

  const start = (args: readonly string[], options: StartOptions = {}) =>
    startRedpost(args, { ...options, env: { REDIS_URL: redis?.url ?? '', ...options.env } });
  return {
    get url() {
      return redis?.url ?? '';
    },
    /** Starts the built command in a process of its own. */
    start,
    /** Runs a command in this process, one at a time: for what is not about the process. */
    run: (args: readonly string[], options: RunOptions = {}) =>
      runHere(args, { ...options, env: { REDIS_URL: redis?.url ?? '', ...options.env } }),
    /** What `redis-cli` prints. */
    async redisCli(...args: string[]): Promise<string> {
      const port = String(redis?.port);
      const { stdout } = await promisify(execFile)('redis-cli', ['-p', port, ...args]);
      return stdout.trimEnd();
    },
    /** Runs a command on a terminal, as `script` makes one, without colours unless they are asked for. */
    onTerminal(command: string, input = '', { colours = false } = {}): Promise<Ended> {
      const setting = colours ? 'env -u NO_COLOR -u CI TERM=xterm-256color' : 'NO_COLOR=1';
      const line = `'${process.execPath}' '${bin}' ${command}`;
      return this.shell(`printf '${input}' | ${setting} script -qec "${line}" /dev/null`);
    },
    /** A `/bin/sh` line with `redpost` for our command. */
    async shell(line: string): Promise<Ended> {
      const script = `redpost() { '${process.execPath}' '${bin}' "$@"; }\n${line}`;
      return follow(
        spawn('/bin/bash', ['-c', script], { env: environment({ REDIS_URL: redis?.url ?? '' }) }),
      ).ended;
    },
  };
}

export function startRedpost(args: readonly string[], options: StartOptions = {}): Running {
  const child = spawn(process.execPath, [bin, ...args], { env: environment(options.env) });
  child.stdin.on('error', () => {});
  if (options.input !== null) child.stdin.end(options.input ?? '');
  return follow(child);
}

/** A name that no other test uses. */
export function uniqueName(): string {
  return `test:${randomUUID()}`;
}

function follow(child: ChildProcess): Running {
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (chunk) => {
      text[name] += chunk;
    });
  }
  onTestFinished(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  });
  return {
    process: child,
    get stdout() {
      return text.stdout;
    },
    get stderr() {
      return text.stderr;
    },
    ended: once(child, 'close').then(([code, signal]) => ended(code ?? signal, text)),
  };
}
