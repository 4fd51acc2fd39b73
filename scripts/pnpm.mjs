import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './run.mjs';

const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/**
 * Runs the pnpm that package.json names, which nobody needs to have installed. npm keeps it in its
 * cache, and `--prefer-offline` lets the second run use it without asking the network.
 */
export function pnpm(args, options) {
  const quiet = ['--loglevel=error', '--no-update-notifier'];
  // After `--`: npx takes what follows a `--no-` option for its value, and options behind it for its own.
  const npx = ['--yes', '--prefer-offline', ...quiet, '--', packageManager];
  return run('npx', [...npx, ...args], options);
}

/** Runs turbo, which needs pnpm on its PATH. */
export function turbo(args, options) {
  return pnpm(['exec', 'turbo', 'run', ...args], {
    ...options,
    env: { TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' },
  });
}
