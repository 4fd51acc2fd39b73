import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** One line of progress, for people: never on stdout. On a terminal that is narrower, it is broken between words. */
export function say(line) {
  const { columns } = process.stderr;
  const fitting = columns > 0 ? new RegExp(`(.{1,${columns}})(?: |$)`, 'g') : /(.+)/;
  process.stderr.write(`redpost: ${line}`.replace(fitting, '$1\n'));
}

/**
 * Runs a command in the repository's root and resolves with its exit code, 128 + n after a signal.
 * Ctrl-C reaches the command by itself, so it is only waited for; SIGTERM and SIGHUP are passed on.
 */
export async function run(command, args, { env = {}, stdio = 'inherit' } = {}) {
  const child = spawn(command, args, { cwd: root, stdio, env: { ...process.env, ...env } });
  const wait = () => {};
  const passOn = (signal) => child.kill(signal);
  process.on('SIGINT', wait).on('SIGTERM', passOn).on('SIGHUP', passOn);

  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
    });
  } finally {
    process.off('SIGINT', wait).off('SIGTERM', passOn).off('SIGHUP', passOn);
  }
}
