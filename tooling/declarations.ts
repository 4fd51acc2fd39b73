import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const compiler = fileURLToPath(new URL('../node_modules/typescript-7/bin/tsc', import.meta.url));

/**
 * Checks `src` of the package in this folder, and writes the declarations of its files; resolves entries to theirs.
 *
 * By TypeScript 7: tsup would have 6 check all files, which takes ten times as long. So what is left to tsup is to put
 * the declarations together.
 *
 * @throws Error when a type is wrong; the compiler has said then where.
 */
export function declarations(entry: Record<string, string>): Record<string, string> {
  const folder = join('.turbo', 'declarations');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'tsconfig.json');
  writeFileSync(config, JSON.stringify(configuration));
  const { status } = spawnSync(process.execPath, [compiler, '-p', config], { stdio: 'inherit' });
  if (status !== 0) throw new Error('The types are wrong: see above');

  const places = Object.entries(entry).map(([name, source]) => {
    return [name, join(folder, source.replace(/\.ts$/, '.d.ts'))];
  });
  return Object.fromEntries(places);
}

/** As seen from the folder that it is written to. */
const configuration = {
  extends: '../../tsconfig.json',
  compilerOptions: {
    noEmit: false,
    noEmitOnError: true,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: '../..',
    outDir: '.',
  },
  files: ['../../../../tooling/lua.d.ts'],
  include: ['../../src'],
  exclude: ['../../src/**/*.test.ts'],
};
