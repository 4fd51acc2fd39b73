import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * What a program writes on stdout. It runs in a process of its own, in a package's folder, whose built
 * package and dependencies it imports by their names.
 */
export async function outputOf(
  format: 'module' | 'commonjs',
  program: string,
  folder: string,
): Promise<string> {
  const args = [`--input-type=${format}`, '--eval', program];
  const options = { cwd: folder, timeout: 60_000 };
  return (await promisify(execFile)(process.execPath, args, options)).stdout;
}
