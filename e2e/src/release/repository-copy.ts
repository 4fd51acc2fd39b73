import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { publishedPackages, root } from './published-packages.js';
import { type RunOptions, run } from './run.js';

/** A copy of the working tree, with a git history of its own, for commands that change it. */
export class RepositoryCopy {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** With the dependencies that are installed here, unless it is to be `bare`: as a fresh clone. */
  static async make({ bare = false } = {}): Promise<RepositoryCopy> {
    const copy = new RepositoryCopy(await mkdtemp(join(tmpdir(), 'redpost-copy-')));
    const list = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
    const files = (await run('git', list, { cwd: root })).split('\0').filter(Boolean);
    await Promise.all(files.map((file) => copy.#bring(file)));
    if (!bare) await symlink(join(root, 'node_modules'), join(copy.folder, 'node_modules'));

    await copy.git('init', '--quiet', '--initial-branch=main');
    await copy.commit('Start');
    return copy;
  }

  /** Copies the builds, too. */
  async bringBuilds(): Promise<void> {
    const builds = publishedPackages().map(({ folder }) => relative(root, join(folder, 'dist')));
    await Promise.all(builds.map((build) => this.#bring(build)));
  }

  git(...args: string[]): Promise<string> {
    const author = ['-c', 'user.name=Test', '-c', 'user.email=test@localhost'];
    return run('git', [...author, ...args], { cwd: this.folder });
  }

  async commit(message: string): Promise<void> {
    await this.git('add', '--all');
    await this.git('commit', '--quiet', '--no-verify', '--message', message);
  }

  run(program: string, args: readonly string[], options: Partial<RunOptions> = {}) {
    return run(program, args, { cwd: this.folder, ...options });
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }

  async #bring(path: string): Promise<void> {
    const target = join(this.folder, path);
    await mkdir(dirname(target), { recursive: true });
    // A file that was deleted and not committed is still in git's list.
    await cp(join(root, path), target, { recursive: true }).catch((error) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
}
