import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../..', import.meta.url));

type Condition = { types: string; default: string };

export interface Manifest {
  name: string;
  version: string;
  private?: boolean;
  exports: Record<string, string | { import: Condition; require: Condition }>;
  bin?: Record<string, string>;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  [field: string]: unknown;
}

export interface PublishedPackage {
  name: string;
  folder: string;
  manifest: Manifest;
}

/** A module of a package that other programs can import, and its files. */
export interface Entry {
  /** E.g. `@redpost/core/embedded`. */
  specifier: string;
  import: Condition;
  require: Condition;
}

/** The packages that go to the registry, by name. */
export function publishedPackages(): PublishedPackage[] {
  return readdirSync(join(root, 'packages'))
    .map((name) => join(root, 'packages', name))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => ({ folder, manifest: readManifest(folder) }))
    .filter(({ manifest }) => !manifest.private)
    .map(({ folder, manifest }) => ({ name: manifest.name, folder, manifest }));
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

export function entriesOf({ name, manifest }: PublishedPackage): Entry[] {
  return Object.entries(manifest.exports).flatMap(([subpath, target]) =>
    typeof target === 'string' ? [] : [{ specifier: name + subpath.slice(1), ...target }],
  );
}
