import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Server } from './server.js';

/** The version of the `nats-server` on `PATH`, e.g. `2.9.10`; undefined without one. */
export function natsVersion(): string | undefined {
  const { stdout } = spawnSync('nats-server', ['--version'], { encoding: 'utf8' });
  return /v(\d\S*)/.exec(stdout ?? '')?.[1];
}

/** A private NATS with JetStream. Ends with this process, unless that is killed. */
export class NatsServer implements Server {
  readonly #process: ChildProcess;
  readonly #folder: string;

  private constructor(
    child: ChildProcess,
    folder: string,
    readonly url: string,
    readonly version: string,
    readonly persistent: boolean,
  ) {
    this.#process = child;
    this.#folder = folder;
  }

  static async start(version: string, persistent: boolean): Promise<NatsServer> {
    const folder = await mkdtemp(join(tmpdir(), 'redpost-nats-'));
    const address = ['--addr', '127.0.0.1', '--port', '-1', '--ports_file_dir', folder];
    const child = spawn('nats-server', [...address, '--jetstream', '--store_dir', folder], {
      stdio: 'ignore',
    });
    process.once('exit', () => child.kill('SIGKILL'));
    return new NatsServer(child, folder, await urlIn(folder), version, persistent);
  }

  /** Subjects on NATS purge their own streams. */
  async reset(): Promise<void> {}

  async stop(): Promise<void> {
    this.#process.kill('SIGTERM');
    if (this.#process.exitCode === null) await once(this.#process, 'exit');
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** The server writes where it listens into a file of this folder once it does. */
async function urlIn(folder: string): Promise<string> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const file = (await readdir(folder)).find((name) => name.endsWith('.ports'));
    const text = file ? await readFile(join(folder, file), 'utf8') : '';
    const url = /"(nats:[^"]+)"/.exec(text)?.[1];
    if (url) return url;
    await pause(25);
  }
  throw new Error('nats-server did not start within 5 s');
}
