import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('host.mjs', import.meta.url));

export type Way = 'falls-off-the-end' | 'calls-exit' | 'throws' | 'waits' | 'handles-SIGINT';

export interface Host {
  process: ChildProcess;
  /** Resolves with the exit code, or with the signal that ended the program. */
  ended: Promise<number | NodeJS.Signals>;
  /** What it has printed after the first line. */
  lines: string[];
  redis: { pid: number; dir: string; url: string };
}

/** Starts a program of its own that has an embedded Redis. */
export async function runHost(way: Way): Promise<Host> {
  const child = spawn(process.execPath, [program, way], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(child, 'exit').then(([code, signal]) => code ?? signal);
  const lines: string[] = [];
  const output = createInterface({ input: child.stdout });

  const [first] = await Promise.race([
    once(output, 'line'),
    ended.then((status) => Promise.reject(new Error(`The program ended early: ${status}`))),
  ]);
  output.on('line', (line) => lines.push(line));
  return { process: child, ended, lines, redis: JSON.parse(first) };
}
