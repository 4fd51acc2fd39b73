// The published packages must name the repository they are published from, or the registry refuses
// their provenance: node scripts/check-repository.mjs OWNER/NAME
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run.mjs';

const repository = process.argv[2];
if (!/^[^/\s]+\/[^/\s]+$/.test(repository ?? '')) {
  console.error('usage: node scripts/check-repository.mjs OWNER/NAME');
  process.exit(2);
}

const manifests = readdirSync(join(root, 'packages'))
  .map((folder) => join('packages', folder, 'package.json'))
  .map((path) => ({ path, ...JSON.parse(readFileSync(join(root, path), 'utf8')) }))
  .filter((manifest) => !manifest.private);

for (const { path, ...manifest } of manifests) {
  const addresses = [manifest.repository.url, manifest.homepage, manifest.bugs];
  const wrong = addresses.filter((address) => !isIn(repository, address));
  if (wrong.length === 0) continue;
  console.error(`${path}: this repository is ${repository}, not ${wrong.join(', ')}`);
  process.exitCode = 1;
}

function isIn(repository, address = '') {
  const [, found] = /github\.com\/([^/]+\/[^/#]+?)(?:\.git)?(?:[/#]|$)/.exec(address) ?? [];
  return found?.toLowerCase() === repository.toLowerCase();
}
