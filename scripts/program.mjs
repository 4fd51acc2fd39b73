import { turbo } from './pnpm.mjs';
import { prepare } from './prepare.mjs';
import { run, say } from './run.mjs';

/** Builds a private package of the repository and runs it with the arguments of this process. */
export async function runProgram(folder) {
  await prepare();

  say('building');
  const build = ['build', `--filter=@redpost/${folder}`, '--output-logs=errors-only'];
  // On stderr: stdout belongs to the program.
  const built = await turbo(build, { stdio: ['ignore', 2, 'inherit'] });
  const args = [`${folder}/dist/index.js`, ...process.argv.slice(2)];
  process.exitCode = built === 0 ? await run('node', args) : built;
}
