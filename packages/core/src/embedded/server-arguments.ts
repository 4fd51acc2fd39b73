import { join } from 'node:path';

/**
 * The data that survives a restart in the same `dir`:
 * - `'none'`: nothing;
 * - `'aof'`: all data except at most the last second (`appendfsync everysec`);
 * - `'aof-always'`: all writes that were answered;
 * - `'rdb'`: the state at a regular stop, or at the server's default save points.
 */
export type Persistence = 'none' | 'aof' | 'aof-always' | 'rdb';

const persistenceArguments: Record<Persistence, readonly string[]> = {
  none: ['--save', '', '--appendonly', 'no'],
  aof: ['--save', '', '--appendonly', 'yes', '--appendfsync', 'everysec'],
  'aof-always': ['--save', '', '--appendonly', 'yes', '--appendfsync', 'always'],
  rdb: ['--appendonly', 'no'],
};

export interface ServerSettings {
  port: number;
  dir: string;
  runtimeDir: string;
  persistence: Persistence;
  args: readonly string[];
}

/** The command line of a private server. The last of two equal settings wins. */
export function serverArguments(settings: ServerSettings): string[] {
  const { port, dir, runtimeDir, persistence, args } = settings;
  const fixed = {
    bind: '127.0.0.1',
    port: String(port),
    dir,
    unixsocket: socketPath(runtimeDir),
    pidfile: pidPath(runtimeDir),
    logfile: '',
    daemonize: 'no',
  };
  return [
    ...persistenceArguments[persistence],
    ...args,
    ...Object.entries(fixed).flatMap(([name, value]) => [`--${name}`, value]),
  ];
}

export function socketPath(runtimeDir: string): string {
  return join(runtimeDir, 'redis.sock');
}

export function pidPath(runtimeDir: string): string {
  return join(runtimeDir, 'redis.pid');
}
