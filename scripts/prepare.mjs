import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pnpm } from './pnpm.mjs';
import { ensureRedisServer } from './redis-server.mjs';
import { root, say } from './run.mjs';

/**
 * Brings what a fresh clone lacks: the dependencies of the lockfile and a redis-server. Ends the
 * process with 1 when it cannot. A second time it needs no network and takes about a second.
 */
export async function prepare({ redis = true } = {}) {
  if (redis && !process.env.REDPOST_REDIS_SERVER && !(await ensureRedisServer())) process.exit(1);
  if (!(await installDependencies())) process.exit(1);
}

const onlyErrors = ['ignore', 'ignore', 'inherit'];

async function installDependencies() {
  const install = ['install', '--frozen-lockfile'];
  if (!existsSync(join(root, 'node_modules'))) {
    say('installing dependencies: up to a minute, only the first time');
  }
  // First without the network: right away when everything is there, or in pnpm's store.
  if ((await pnpm([...install, '--offline'], { stdio: 'ignore' })) === 0) return true;

  say('downloading dependencies');
  if ((await pnpm([...install, '--reporter=silent'], { stdio: onlyErrors })) === 0) return true;
  say('could not install the dependencies: see above');
  return false;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await prepare();
