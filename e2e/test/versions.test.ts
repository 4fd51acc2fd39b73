import { readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publishedPackages, readManifest, root } from '../src/release/published-packages.js';
import { RepositoryCopy } from '../src/release/repository-copy.js';

const packages = publishedPackages();
const changeset = join(root, 'node_modules', '.bin', 'changeset');

let copy: RepositoryCopy;
beforeAll(async () => {
  copy = await RepositoryCopy.make();
});
afterAll(() => copy?.remove());

describe('changeset version', () => {
  it('puts every changeset that waits into the changelogs of the packages it names', async () => {
    await writeChangeset('song', "'@redpost/queue': minor", 'Queues can sing.');
    const summaries = await waitingSummaries();
    await copy.run(changeset, ['version']);

    for (const { name, version, changelog } of await versioned()) {
      expect(changelog.startsWith(`# ${name}\n\n## ${version}\n`)).toBe(true);
      for (const summary of summaries[name] ?? []) expect(changelog).toContain(summary);
      expect(changelog.includes('Queues can sing.')).toBe(name === '@redpost/queue');
    }
  });

  it('changes nothing but the published packages, and takes the changesets away', async () => {
    const changed = await copy.git('status', '--porcelain', '--untracked-files=all');
    const outside = changed.split('\n').filter((line) => line && !line.includes(' packages/'));
    expect(outside.every((line) => /^ D \.changeset\/[\w-]+\.md$/.test(line))).toBe(true);
    await copy.commit('Version packages');
  });

  it('moves all packages to the same next version when one of them changes', async () => {
    const before = (await versioned()).map(({ version }) => version);
    expect(new Set(before).size).toBe(1);
    const [major, minor, patch] = (before[0] ?? '').split('.').map(Number);

    await writeChangeset('fix', "'@redpost/pubsub': patch", 'Channels are quiet at night.');
    await copy.run(changeset, ['version']);

    for (const { version, changelog } of await versioned()) {
      expect(version).toBe(`${major}.${minor}.${Number(patch) + 1}`);
      expect(changelog).toContain(`\n## ${version}\n`);
    }
  });

  it('keeps the packages bound to each other by the workspace', async () => {
    for (const { dependencies = {} } of await versioned()) {
      const internal = Object.entries(dependencies).filter(([name]) =>
        name.startsWith('@redpost/'),
      );
      for (const [, range] of internal) expect(range).toBe('workspace:^');
    }
  });
});

async function versioned() {
  const folders = packages.map(({ folder }) => join(copy.folder, relative(root, folder)));
  return Promise.all(
    folders.map(async (folder) => ({
      ...readManifest(folder),
      changelog: await readFile(join(folder, 'CHANGELOG.md'), 'utf8'),
    })),
  );
}

/** What the changesets that wait say, by package. */
async function waitingSummaries(): Promise<Record<string, string[]>> {
  await copy.run(changeset, ['status', '--output', 'status.json']);
  const { changesets } = JSON.parse(await readFile(join(copy.folder, 'status.json'), 'utf8'));
  await copy.run('rm', ['status.json']);

  const summaries: Record<string, string[]> = {};
  for (const { summary, releases } of changesets) {
    for (const { name } of releases) {
      const firstLine = summary.split('\n')[0];
      summaries[name] = [...(summaries[name] ?? []), firstLine];
    }
  }
  return summaries;
}

async function writeChangeset(name: string, release: string, summary: string): Promise<void> {
  const file = join(copy.folder, '.changeset', `${name}.md`);
  await writeFile(file, `---\n${release}\n---\n\n${summary}\n`);
}
