import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A folder outside the repository in which programs run as those of users do. */
export class Workplace {
  /** Somebody's project, with what is installed in it. */
  static async make(url, files = {}) {
    const folder = await mkdtemp(join(tmpdir(), 'redpost-runtimes-'));
    const workplace = new Workplace(folder, url);
    await workplace.write({ 'package.json': '{ "private": true }', ...files });
    return workplace;
  }

  constructor(folder, url) {
    this.folder = folder;
    this.url = url;
  }

  path(...names) {
    return join(this.folder, ...names);
  }

  async write(files) {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(join(this.folder, name, '..'), { recursive: true });
      await writeFile(
        this.path(name),
        typeof content === 'string' ? content : JSON.stringify(content, null, 2),
      );
    }
  }

  /** Copies files or folders of this place to a place where nothing is installed. */
  async alone(...names) {
    const place = await Workplace.make(this.url);
    for (const name of names) await cp(this.path(name), place.path(name), { recursive: true });
    return place;
  }

  async version(name) {
    const manifest = await readFile(this.path('node_modules', name, 'package.json'), 'utf8');
    return JSON.parse(manifest).version;
  }

  npm(...args) {
    return this.run('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error']);
  }

  /** Runs a program of this place to its end and resolves to what it printed on stdout. */
  run(program, args = [], { env = {}, timeoutMs = 600_000 } = {}) {
    const path = [this.path('node_modules', '.bin'), process.env.PATH].join(delimiter);
    const child = spawn(program, args, {
      cwd: this.folder,
      env: { ...process.env, NODE_ENV: 'production', PATH: path, REDIS_URL: this.url, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
    });
    let [out, all] = ['', ''];
    child.stdout.on('data', (text) => {
      out += text;
      all += text;
    });
    child.stderr.on('data', (text) => {
      all += text;
    });
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        if (code === 0) resolve(out);
        else reject(new Error(`${[program, ...args].join(' ')}: ${signal ?? code}\n${all}`));
      });
    });
  }

  /** The same for the program that uses all of redpost, which says so when it is through. */
  async works(program, args, options) {
    const printed = await this.run(program, args, options);
    if (!printed.includes('everything works')) throw new Error(`It printed: ${printed}`);
  }

  remove() {
    return rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
