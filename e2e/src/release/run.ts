import { execFile } from 'node:child_process';

export interface RunOptions {
  cwd: string;
  env?: Record<string, string | undefined>;
  timeoutMs?: number;
}

/**
 * Runs a program to its end and resolves to its stdout.
 *
 * @throws Error with all its output, when its exit code is not 0.
 */
export function run(
  program: string,
  args: readonly string[],
  { cwd, env = {}, timeoutMs = 120_000 }: RunOptions,
): Promise<string> {
  const options = { cwd, env: { ...process.env, ...env }, timeout: timeoutMs, maxBuffer: 2 ** 26 };
  return new Promise((resolve, reject) => {
    execFile(program, args, options, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      const line = [program, ...args].join(' ');
      reject(new Error(`${line}\n${error.message}\n${stdout}\n${stderr}`, { cause: error }));
    });
  });
}
