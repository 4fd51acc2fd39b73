import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Waits until the disk has what was written before: a run is not to pay for the one before it. */
export async function quietDisk(): Promise<void> {
  await promisify(execFile)('sync');
}
