import { resolve } from 'node:path';
import { RedisNotFoundError } from './errors.js';
import { findExecutable, isExecutable, searchPath } from './executable.js';
import { installCommand } from './install-command.js';

/**
 * In the order of preference. The last one is the same program as the server, under a name that the client
 * tools of some systems install: it acts by the name it is called by.
 */
const names = ['redis-server', 'valkey-server', 'redis-check-rdb'];

/**
 * The path of the server to start: `binary`, else `REDPOST_REDIS_SERVER`, else the first that is
 * found. A name without a slash is looked up.
 *
 * @throws RedisNotFoundError that names the line to install one.
 */
export function findServer(
  binary = process.env.REDPOST_REDIS_SERVER,
  folders: readonly string[] = searchPath(),
): string {
  const found = binary ? findChosen(binary, folders) : findAny(folders);
  if (found) return found;

  const line = installCommand();
  const missing = binary ? `${binary} is not a program` : 'No redis-server or valkey-server found';
  const advice = line ? `Install one: ${line}` : 'Install Redis 6.2 or newer, or Valkey';
  throw new RedisNotFoundError(`${missing}. ${advice}`, { installCommand: line });
}

function findChosen(binary: string, folders: readonly string[]): string | undefined {
  if (!binary.includes('/')) return findExecutable(binary, folders);
  const path = resolve(binary);
  return isExecutable(path) ? path : undefined;
}

function findAny(folders: readonly string[]): string | undefined {
  for (const name of names) {
    const path = findExecutable(name, folders);
    if (path) return path;
  }
  return undefined;
}
