import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publishedPackages, readManifest, root } from '../src/release/published-packages.js';
import { Registry } from '../src/release/registry.js';
import { RepositoryCopy } from '../src/release/repository-copy.js';
import { commands } from '../src/release/workflows.js';

/** What is not run by the tests below, and why. */
const elsewhere: Record<string, string> = {
  'npm test': 'it is what .ci/run runs first',
  'npm run test:install': 'it is what runs these tests',
  'npm run test:server -- redis://127.0.0.1:6390':
    'it takes minutes, and its tests are those of npm test',
  'npm run test:types': 'it installs compilers of its own, which takes a minute',
  'npm run audit': 'not every registry has the advisories',
  'npm run bench -- --quick | tee benchmark.txt':
    'it takes minutes, and the tests of bench/ are part of npm test',
};

const packages = publishedPackages();
const tried = new Set<string>();

let registry: Registry;
let copy: RepositoryCopy;
let origin: string;

beforeAll(async () => {
  registry = await Registry.start();
  copy = await RepositoryCopy.make({ bare: true });
  origin = await mkdtemp(join(tmpdir(), 'redpost-origin-'));
  await copy.run('git', ['init', '--quiet', '--bare', origin]);
  await copy.git('remote', 'add', 'origin', origin);
  await copy.git('push', '--quiet', '--set-upstream', 'origin', 'main');
});

afterAll(async () => {
  await copy?.remove();
  if (origin) await rm(origin, { recursive: true, force: true });
  await registry?.stop();
});

describe('the commands of the workflows, in their order, in a fresh clone', () => {
  it('installs', async () => {
    await command('npm run setup');
    expect(readManifest(join(copy.folder, 'node_modules', 'typescript')).name).toBe('typescript');
  });

  it('asks for changesets', async () => {
    await command('node scripts/check-changesets.mjs "origin/$BASE"', { BASE: 'main' });
  });

  it('asks for the right repository', async () => {
    const line = 'node scripts/check-repository.mjs "$GITHUB_REPOSITORY"';
    await command(line, { GITHUB_REPOSITORY: repository() });
    await expect(command(line, { GITHUB_REPOSITORY: 'some/fork' })).rejects.toThrow(
      'this repository is some/fork',
    );
  });

  it('makes versions', async () => {
    await command('npm run version-packages');
    const { version } = readManifest(join(copy.folder, 'packages', 'core'));
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(await readFile(join(copy.folder, 'packages/core/CHANGELOG.md'), 'utf8')).toContain(
      `## ${version}\n`,
    );
    await copy.commit('Version packages');
  });

  it('does not publish packages that cannot be signed', async () => {
    await registry.configure(copy.folder);
    // As on GitHub, in a job without `id-token: write`.
    const env = { ...registry.env, GITHUB_ACTIONS: 'true' };
    await expect(command('npm run release', env)).rejects.toThrow('ID_TOKEN');
    expect(await published()).toEqual([]);
  });

  it('publishes every package, and pushes its tag', async () => {
    await command('npm run release', { ...registry.env, PNPM_CONFIG_PROVENANCE: 'false' });
    await command('git push origin --tags');

    const { version } = readManifest(join(copy.folder, 'packages', 'core'));
    const expected = packages.map(({ name }) => `${name}@${version}`);
    expect(await published()).toEqual(expected);
    const tags = await copy.run('git', ['-C', origin, 'tag', '--list']);
    expect(tags.trim().split('\n')).toEqual(expected);
  });

  it('does nothing when all is published', async () => {
    await command('npm run release', { ...registry.env, PNPM_CONFIG_PROVENANCE: 'false' });
  });

  it('is nothing else', () => {
    const known = [...tried, ...Object.keys(elsewhere)].sort();
    expect(
      commands()
        .map(({ run }) => run)
        .sort(),
    ).toEqual(known);
  });
});

it.each(Object.entries(elsewhere))('%s is not tried here: %s', (line) => {
  const { scripts } = readManifest(root) as unknown as { scripts: Record<string, string> };
  const [, script = ''] = /^npm (?:run )?(\S+)/.exec(line) ?? [];
  const [, file = ''] = /^node (\S+)$/.exec(scripts[script] ?? '') ?? [];
  expect(file).not.toBe('');
  expect(existsSync(join(root, file))).toBe(true);
});

/** Runs a command of the workflows as GitHub does. */
async function command(line: string, env: Record<string, string> = {}): Promise<string> {
  const step = commands().find(({ run }) => run === line);
  if (!step) throw new Error(`No workflow runs this: ${line}`);
  tried.add(line);

  const options = step.shell === 'bash' ? ['--noprofile', '--norc', '-eo', 'pipefail'] : ['-e'];
  return copy.run('bash', [...options, '-c', line], {
    env: { ...step.env, ...env },
    timeoutMs: 600_000,
  });
}

async function published(): Promise<string[]> {
  const found = await Promise.all(
    packages.map(async ({ name }) => {
      const answer = await fetch(`${registry.url}${name}`);
      const { versions = {} } = (await answer.json()) as { versions?: object };
      return Object.keys(versions).map((version) => `${name}@${version}`);
    }),
  );
  return found.flat();
}

/** The repository that the packages name. */
function repository(): string {
  const { url } = readManifest(join(root, 'packages', 'core')).repository as { url: string };
  return /github\.com\/(.+?)(?:\.git)?$/.exec(url)?.[1] ?? '';
}
