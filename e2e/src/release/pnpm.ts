import { readManifest, root } from './published-packages.js';
import { type RunOptions, run } from './run.js';

const pnpm = String(readManifest(root).packageManager);

/** Runs the pnpm that the repository names. */
export function runPnpm(args: readonly string[], options: RunOptions): Promise<string> {
  return run('npx', ['--yes', '--prefer-offline', pnpm, ...args], options);
}

/** Runs a program that expects `pnpm` on its PATH. */
export function runWithPnpm(line: readonly string[], options: RunOptions): Promise<string> {
  const npx = ['--yes', '--prefer-offline', '--package', pnpm, '--', ...line];
  return run('npx', npx, options);
}
