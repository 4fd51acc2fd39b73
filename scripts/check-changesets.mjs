// A change to what a published package consists of comes with a changeset that names the package.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './run.mjs';

const base = process.argv[2] ?? 'origin/main';
const advice = 'Say what users will notice: npx changeset. Nothing? npx changeset --empty';

// It knows whether a changeset can be read, and whether there is one at all.
const status = await run('node_modules/.bin/changeset', ['status', `--since=${base}`]);
const unnamed = status === 0 ? changedPackages().filter(isUnnamed()) : [];

for (const name of unnamed) console.error(`${name} has changed, and no changeset names it.`);
if (status !== 0 || unnamed.length > 0) {
  console.error(advice);
  process.exitCode = 1;
}

/** The same files as `changedFilePatterns` in .changeset/config.json. */
function changedPackages() {
  const consistsOf =
    /^(packages\/[^/]+)\/(?:src\/(?!.*\.test\.ts$)|package\.json$|tsup\.config\.ts$)/;
  const folders = new Set(changedFiles().map((path) => consistsOf.exec(path)?.[1]));
  return [...folders]
    .filter((folder) => folder && existsSync(join(root, folder, 'package.json')))
    .map((folder) => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')))
    .filter((manifest) => !manifest.private)
    .map(({ name }) => name);
}

/** Tests whether a package is named by none of the changesets that have come since. */
function isUnnamed() {
  const changesets = changedFiles()
    .filter((path) => /^\.changeset\/(?!README)[^/]+\.md$/.test(path))
    .filter((path) => existsSync(join(root, path)))
    .map((path) => readFileSync(join(root, path), 'utf8').split(/^---$/m)[1].trim());
  // An empty one says that nobody will notice the change.
  if (changesets.includes('')) return () => false;
  return (name) => !changesets.some((names) => new RegExp(`^['"]?${name}['"]?:`, 'm').test(names));
}

function changedFiles() {
  const diff = ['diff', '--name-only', `${base}...HEAD`];
  return execFileSync('git', diff, { cwd: root, encoding: 'utf8' }).split('\n');
}
