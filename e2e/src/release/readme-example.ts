import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PublishedPackage } from './published-packages.js';

export interface ReadmeExample {
  /** The first program of the README. */
  code: string;
  /** The output that it states, if any. */
  prints: string | undefined;
  /** The packages that the README says to install. */
  installs: string[];
}

export function readmeExample({ folder, name }: PublishedPackage): ReadmeExample {
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  const [, code] = /^```[jt]s\n(import .*?)^```/ms.exec(readme) ?? [];
  const [, installs] = /^npm install (.*)$/m.exec(readme) ?? [];
  if (!code || !installs) throw new Error(`The README of ${name} has no example to install`);

  const [, prints] = /console\.log\(.*\).*; \/\/ (.*)/.exec(code) ?? [];
  return { code, prints, installs: installs.replace(/ #.*/, '').trim().split(/\s+/) };
}

/** The same program without top-level await, as CommonJS has none. */
export function withoutTopLevelAwait(code: string): string {
  const isImport = (line: string) => line.startsWith('import ');
  const lines = code.split('\n');
  const imports = lines.filter(isImport);
  const body = lines.filter((line) => !isImport(line));
  return [...imports, 'void (async () => {', ...body, '})();', ''].join('\n');
}
