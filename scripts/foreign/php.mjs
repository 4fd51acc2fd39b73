import { installDebian } from '../system-program.mjs';
import { succeeds } from './succeeds.mjs';

/**
 * A PHP with packages of Debian: there is no other source of them here.
 *
 * @param options.debian the packages
 * @param options.proof a line of PHP that works only with all of that
 * @returns how to install it: resolves to the path of the interpreter, or to undefined
 */
export function phpWith({ debian, proof }) {
  return async () => {
    const isComplete = () => succeeds('php', ['-r', proof]);
    if (!(await isComplete())) await installDebian(debian);
    return (await isComplete()) ? 'php' : undefined;
  };
}
