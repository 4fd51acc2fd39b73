import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportedNames } from '../src/release/exported-names.js';
import { runPnpm } from '../src/release/pnpm.js';
import {
  entriesOf,
  type PublishedPackage,
  publishedPackages,
  root,
} from '../src/release/published-packages.js';
import { run } from '../src/release/run.js';

const packages = publishedPackages();
const require = createRequire(import.meta.url);
const declarations = exportedNames(packages.flatMap(declarationFiles));

describe.each(packages)('$name', ({ name, folder, manifest }) => {
  let tarball: string;
  let unpacked: string;
  let files: string[];

  beforeAll(async () => {
    const destination = await mkdtemp(join(tmpdir(), 'redpost-pack-'));
    const packed = await runPnpm(['pack', '--json', '--pack-destination', destination], {
      cwd: folder,
    });
    ({ filename: tarball } = JSON.parse(packed));
    unpacked = join(destination, 'package');
    files = (await run('tar', ['-xvzf', tarball, '-C', destination], { cwd: destination }))
      .trim()
      .split('\n')
      .map((path) => path.replace(/^package\//, ''));
  });

  afterAll(() => rm(join(unpacked, '..'), { recursive: true, force: true }));

  it('is packed with the files that its users need, and nothing else', () => {
    // Into how many chunks the bundler cuts the code is of no importance to a user.
    expect([...new Set(files.map(withoutHash))].sort()).toMatchSnapshot();
  });

  it('is packed with every file that its manifest names', () => {
    const { exports, main, types, bin } = manifest;
    const named = JSON.stringify({ exports, main, types, bin }).match(/\.\/dist\/[^"]+/g) ?? [];
    expect(named.filter((path) => !existsSync(join(unpacked, path.replace(/\*$/, ''))))).toEqual(
      [],
    );
    expect(named.length).toBeGreaterThan(0);
  });

  it('is packed with a source map, sources included, for each program', async () => {
    const programs = files.filter((path) => /\.c?js$/.test(path));
    for (const program of programs) {
      const map = JSON.parse(await readFile(join(unpacked, `${program}.map`), 'utf8'));
      expect(map.sourcesContent).toHaveLength(map.sources.length);
    }
    expect(programs.length).toBeGreaterThan(0);
  });

  it('is packed with the licence of the repository', async () => {
    const licence = await readFile(join(root, 'LICENSE'), 'utf8');
    expect(await readFile(join(unpacked, 'LICENSE'), 'utf8')).toBe(licence);
  });

  it('asks for released versions of what it depends on', async () => {
    const packed = JSON.parse(await readFile(join(unpacked, 'package.json'), 'utf8'));
    const ranges = Object.values({ ...packed.dependencies, ...packed.peerDependencies });
    // Or an exact one, where processes with different versions would disagree.
    expect(ranges.filter((range) => !/^\^?\d/.test(String(range)))).toEqual([]);
  });

  it('is refused by npm pack', async () => {
    await expect(npm('pack', folder)).rejects.toThrow(byPnpm);
  });

  it('has the metadata for a registry', () => {
    expect(manifest).toMatchObject({
      description: expect.stringMatching(/\w/),
      keywords: expect.arrayContaining(['redis', 'valkey']),
      license: 'MIT',
      type: 'module',
      sideEffects: false,
      engines: { node: '>=20' },
      files: expect.arrayContaining(['dist']),
      publishConfig: { access: 'public' },
      repository: { type: 'git', directory: `packages/${folder.split('/').at(-1)}` },
    });
  });

  it.each(entriesOf({ name, folder, manifest }))(
    '$specifier exports the same names to modules, to CommonJS and to the compiler',
    async (entry) => {
      const module = Object.keys(await import(join(folder, entry.import.default))).sort();
      const commonjs = Object.keys(require(join(folder, entry.require.default))).sort();
      const forModules = declarations.get(join(folder, entry.import.types));
      const forCommonjs = declarations.get(join(folder, entry.require.types));

      expect(forModules).toMatchSnapshot();
      expect(commonjs).toEqual(module);
      expect(forModules?.values).toEqual(module);
      expect(forCommonjs).toEqual(forModules);
    },
  );
});

it('a package is refused by npm publish, too', async () => {
  const [{ folder }] = packages as [PublishedPackage];
  await expect(npm('publish', folder)).rejects.toThrow(byPnpm);
});

it('all published packages are looked at', () => {
  expect(packages.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      '@redpost/cli',
      '@redpost/core',
      '@redpost/dashboard',
      '@redpost/formats',
      '@redpost/nestjs',
      '@redpost/otel',
      '@redpost/prometheus',
      '@redpost/pubsub',
      '@redpost/queue',
      '@redpost/topic',
    ]),
  );
});

/** What npm is told, and what to run instead. */
const byPnpm = /packed by pnpm\. npm would leave .*npm run tarballs/s;

/** As a user runs it: these tests may have been started by pnpm, and npm would then call itself so. */
function npm(verb: 'pack' | 'publish', folder: string): Promise<string> {
  return run('npm', [verb, '--dry-run'], {
    cwd: folder,
    env: { npm_config_user_agent: undefined },
  });
}

function declarationFiles(pkg: PublishedPackage): string[] {
  return entriesOf(pkg).flatMap((entry) =>
    [entry.import.types, entry.require.types].map((path) => join(pkg.folder, path)),
  );
}

/** The names of shared parts hold a hash of their content: `chunk-C5L2HBKV.js`. */
function withoutHash(path: string): string {
  return path.replace(/-[\w-]{8}(?=\.)/, '-HASH');
}
