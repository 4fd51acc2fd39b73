import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../tooling/free-port.js';
import { eventually } from '../eventually.js';
import { readManifest, root } from './published-packages.js';
import { run } from './run.js';

const home = join(root, 'e2e', 'install', 'registry');
const verdaccio = join(home, 'node_modules', 'verdaccio');

/**
 * An npm registry on this machine. It serves redpost's packages only after they are published to it, and all
 * other packages from the registry that npm is configured with.
 */
export class Registry {
  readonly url: string;
  readonly #folder: string;
  readonly #process: ChildProcess;

  private constructor(url: string, folder: string, process: ChildProcess) {
    this.url = url;
    this.#folder = folder;
    this.#process = process;
  }

  /** Installs the registry software. This is done once, before any registry is started. */
  static async install(): Promise<void> {
    const { verdaccio: wanted } = readManifest(home).dependencies ?? {};
    if (existsSync(verdaccio) && readManifest(verdaccio).version === wanted) return;

    // In a folder outside of the workspace, so that a checkout does not install hundreds of packages for it.
    await mkdir(home, { recursive: true });
    await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: home, timeoutMs: 300_000 });
  }

  static async start(): Promise<Registry> {
    const folder = await mkdtemp(join(tmpdir(), 'redpost-registry-'));
    const upstream = (await run('npm', ['config', 'get', 'registry'], { cwd: root })).trim();
    await writeFile(join(folder, 'config.yaml'), configuration(folder, upstream));

    const address = `127.0.0.1:${await freePort()}`;
    const log = await open(join(folder, 'log'), 'w');
    const program = join(verdaccio, 'bin', 'verdaccio');
    const args = [program, '--config', join(folder, 'config.yaml'), '--listen', address];
    const child = spawn(process.execPath, args, { stdio: ['ignore', log.fd, log.fd], cwd: folder });
    await log.close();

    process.once('exit', () => child.kill('SIGKILL'));
    const registry = new Registry(`http://${address}/`, folder, child);
    await registry.#answers();
    return registry;
  }

  /** An empty folder whose npm and pnpm use only this registry, and caches of their own. */
  async folder(name: string): Promise<string> {
    const folder = await mkdtemp(join(this.#folder, `${name}-`));
    await writeFile(join(folder, 'package.json'), '{ "private": true }\n');
    await this.configure(folder);
    return folder;
  }

  /** Makes npm and pnpm use this registry in a folder. */
  async configure(folder: string): Promise<void> {
    const host = this.url.replace('http:', '');
    const npmrc = `registry=${this.url}\n${host}:_authToken=nobody\naudit=false\nfund=false\n`;
    await writeFile(join(folder, '.npmrc'), npmrc);
  }

  /** For programs that do not read the configuration of the folder. */
  get env(): Record<string, string> {
    return {
      npm_config_registry: this.url,
      npm_config_cache: join(this.#folder, 'npm-cache'),
      npm_config_store_dir: join(this.#folder, 'pnpm-store'),
      npm_config_update_notifier: 'false',
    };
  }

  async stop(): Promise<void> {
    this.#process.kill('SIGTERM');
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      await once(this.#process, 'exit');
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #answers(): Promise<void> {
    const ping = () =>
      fetch(`${this.url}-/ping`).then(
        ({ ok }) => ok,
        () => false,
      );
    await eventually(ping, { withinMs: 30_000 }).catch(async (cause) => {
      const log = await readFile(join(this.#folder, 'log'), 'utf8');
      await this.stop();
      throw new Error(`The registry does not answer:\n${log}`, { cause });
    });
  }
}

function configuration(folder: string, upstream: string): string {
  return `
storage: ${join(folder, 'storage')}
uplinks:
  upstream:
    url: ${upstream}
    cache: true
packages:
  '@redpost/*':
    access: $all
    publish: $all
  '**':
    access: $all
    proxy: upstream
auth:
  htpasswd:
    file: ${join(folder, 'htpasswd')}
log: { type: stdout, format: pretty, level: warn }
`;
}
