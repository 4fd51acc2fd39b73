import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Consuming, Elsewhere } from '../subject.js';
import { crash } from './crash.js';

/** Where the programs are that these subjects load. */
export const programs = fileURLToPath(new URL('../programs', import.meta.url));

/**
 * Starts a worker of another language, in a process that handles messages itself. On its standard output it writes the
 * number of each message that it has handled, a line each. For each line on its standard input it writes `cpu` and the
 * processor time that it has taken, in ms; when that input ends, so does it.
 */
export function consumeWith(
  [command, ...args]: readonly [string, ...string[]],
  url: string,
  { handled, handlerMs }: Elsewhere,
): Consuming {
  const worker = spawn(command, args, {
    env: { ...process.env, REDIS_URL: url, HANDLER_MS: String(handlerMs) },
    stdio: 'pipe',
  });
  const asked: ((ms: number) => void)[] = [];
  let isStopping = false;
  // Both warn a lot when nothing is wrong; it is told when the worker ends.
  let said = '';

  createInterface(worker.stdout).on('line', (line) => {
    if (line.startsWith('cpu ')) asked.shift()?.(Number(line.slice(4)));
    else if (/^\d+$/.test(line)) handled(Number(line));
  });
  worker.stderr.on('data', (piece) => {
    said = `${said}${piece}`.slice(-2000);
  });
  worker.once('error', crash);
  worker.once('exit', (code, signal) => {
    if (!isStopping) crash(new Error(`${command} ended with ${signal ?? code}: ${said}`));
  });

  return {
    cpuMs() {
      worker.stdin.write('\n');
      return new Promise((resolve) => asked.push(resolve));
    },

    async stop() {
      isStopping = true;
      worker.kill('SIGTERM');
      await once(worker, 'exit');
    },
  };
}
