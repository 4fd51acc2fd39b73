import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** The built program. */
export const program = fileURLToPath(new URL('../../dist/index.js', import.meta.url));

export interface Demo {
  process: ChildProcess;
  /** The temporary folder it was given, and nobody else. */
  folder: string;
  /** What it has printed so far. */
  output(): string;
  /** Resolves when it has ended. */
  ended: Promise<Ended>;
}

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
  lines: string[];
  lastLine: string | undefined;
  tookMs: number;
}

/** Starts the built program, as a shell would. */
export async function startDemo(
  args: string[],
  env: Record<string, string | undefined> = {},
): Promise<Demo> {
  const folder = await mkdtemp(join(tmpdir(), 'demo-'));
  const startedAt = performance.now();
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, REDIS_URL: undefined, NO_COLOR: undefined, TMPDIR: folder, ...env },
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk) => {
      text[name] += chunk;
    });
  }
  const ended = once(child, 'close').then(([code]) => {
    const lines = text.stdout.trimEnd().split('\n');
    return { code, ...text, lines, lastLine: lines.at(-1), tookMs: performance.now() - startedAt };
  });
  return { process: child, folder, output: () => text.stdout, ended };
}

/** Runs the built program to its end. */
export async function runDemo(
  args: string[],
  env?: Record<string, string | undefined>,
): Promise<Ended> {
  return (await startDemo(args, env)).ended;
}
