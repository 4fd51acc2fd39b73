import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const packages = new URL('../../packages/', import.meta.url);

interface Manifest {
  private?: boolean;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

const published = readdirSync(packages)
  .map((folder) => ({ folder, manifest: JSON.parse(read(folder, 'package.json')) as Manifest }))
  .filter(({ manifest }) => !manifest.private);

it.each(published)('the README of $folder says why it has each of its dependencies', (its) => {
  const { dependencies, peerDependencies } = its.manifest;
  const [, section = ''] = read(its.folder, 'README.md').split(/^## Dependencies$/m);
  const rows = [...section.matchAll(/^\| (`.*?) \| (.+?) \|$/gm)];
  const named = rows.flatMap(([, names = '']) =>
    Array.from(names.matchAll(/`(.+?)`/g), ([, it]) => it),
  );

  expect(named.sort()).toEqual(Object.keys({ ...dependencies, ...peerDependencies }).sort());
  for (const [, names, why = ''] of rows) expect(why.length, names).toBeGreaterThan(10);
});

function read(folder: string, file: string): string {
  return readFileSync(new URL(`${folder}/${file}`, packages), 'utf8');
}
