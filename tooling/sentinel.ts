import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.js';

export interface Sentinel {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * Starts one Sentinel that watches a master as `mymaster` and decides alone. It looks for replicas
 * every ten seconds: start it when they are connected.
 *
 * @param silenceMs how long a master is silent that counts as down, in ms.
 * @param settings more lines of its configuration.
 */
export async function startSentinel(
  server: string,
  masterPort: number,
  silenceMs = 500,
  settings: readonly string[] = [],
): Promise<Sentinel> {
  const port = await freePort();
  const dir = await mkdtemp(join(tmpdir(), 'redpost-sentinel-'));
  const file = join(dir, 'sentinel.conf');
  const config = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${dir}`,
    `sentinel monitor mymaster 127.0.0.1 ${masterPort} 1`,
    `sentinel down-after-milliseconds mymaster ${silenceMs}`,
    ...settings,
  ];
  await writeFile(file, `${config.join('\n')}\n`);
  const child = spawn(server, [file, '--sentinel'], { stdio: 'ignore' });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);

  return {
    port,
    async stop() {
      process.off('exit', kill);
      kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      await rm(dir, { recursive: true, force: true });
    },
  };
}
