import { run } from '../run.mjs';

/** Whether a command can be started, and ends with 0. */
export async function succeeds(command, args) {
  return (await run(command, args, { stdio: 'ignore' }).catch(() => 1)) === 0;
}
