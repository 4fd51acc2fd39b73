import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runPnpm } from './pnpm.js';
import { root } from './published-packages.js';
import type { Registry } from './registry.js';
import { run } from './run.js';

export const managers = ['npm', 'pnpm'] as const;
export type Manager = (typeof managers)[number];

export const resolutions = ['node16', 'nodenext', 'bundler'] as const;
export type Resolution = (typeof resolutions)[number];

const compiler = join(root, 'node_modules', 'typescript-7', 'bin', 'tsc');
const compilerOf6 = fileURLToPath(new URL('compile.mjs', import.meta.url));

/** A project of a user, which has only the packages that it installs from the registry. */
export class Consumer {
  readonly folder: string;
  readonly #registry: Registry;
  readonly #manager: Manager;

  private constructor(folder: string, registry: Registry, manager: Manager) {
    this.folder = folder;
    this.#registry = registry;
    this.#manager = manager;
  }

  static async make(registry: Registry, manager: Manager): Promise<Consumer> {
    return new Consumer(await registry.folder('consumer'), registry, manager);
  }

  async install(...packages: string[]): Promise<void> {
    const options = { cwd: this.folder, env: this.#registry.env };
    if (this.#manager === 'npm') await run('npm', ['install', ...packages], options);
    else await runPnpm(['add', ...packages], options);
  }

  async write(files: Record<string, string>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      const path = join(this.folder, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    }
  }

  /** Checks and compiles the sources, declarations of libraries included, as strictly as can be, with TypeScript 7. */
  async compile(resolutions: readonly Resolution[], sources: string[]): Promise<void> {
    for (const config of await this.#configure(resolutions, sources)) {
      await run(process.execPath, [compiler, '-p', config], { cwd: this.folder });
    }
  }

  /** The same with TypeScript 6, which takes ten times as long. */
  async compileWith6(resolutions: readonly Resolution[], sources: string[]): Promise<void> {
    const configs = await this.#configure(resolutions, sources);
    await run(process.execPath, [compilerOf6, ...configs], { cwd: this.folder });
  }

  /** Returns the names of the configurations. */
  async #configure(resolutions: readonly Resolution[], sources: string[]): Promise<string[]> {
    const configs = resolutions.map((resolution) => `tsconfig.${resolution}.json`);
    for (const [at, resolution] of resolutions.entries()) {
      const compilerOptions = {
        strict: true,
        skipLibCheck: false,
        target: 'es2022',
        // Without those of browsers: the declarations may only use Node's types.
        lib: ['es2022'],
        module: resolution === 'bundler' ? 'preserve' : resolution,
        moduleResolution: resolution,
        types: ['node'],
        rootDir: '.',
        outDir: `out-${resolution}`,
      };
      await this.write({
        [configs[at] ?? '']: JSON.stringify({ compilerOptions, files: sources }),
      });
    }
    return configs;
  }

  /** The exported names that `load`, a call of `require` or `import`, returns in a program of that format. */
  async namesOf(load: string): Promise<string[]> {
    const format = load.startsWith('await') ? 'module' : 'commonjs';
    const program = `console.log(JSON.stringify(Object.keys(${load}).sort()))`;
    return JSON.parse(await this.node(`--input-type=${format}`, '--eval', program));
  }

  /** Runs a program of the folder, and resolves to its output. */
  node(...args: string[]): Promise<string> {
    return run(process.execPath, args, { cwd: this.folder, timeoutMs: 30_000 });
  }
}
