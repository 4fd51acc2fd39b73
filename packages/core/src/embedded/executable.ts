import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const usualPlaces = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin', '/usr/sbin', '/snap/bin'];

/** Where programs are: `PATH`, then the places that the environment of a service may leave out. */
export function searchPath(): string[] {
  const { PATH = '' } = process.env;
  return [...PATH.split(delimiter).filter(Boolean), ...usualPlaces];
}

/** The first file of this name that may be executed. */
export function findExecutable(
  name: string,
  folders: readonly string[] = searchPath(),
): string | undefined {
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
