import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureProgram, installDebian } from '../system-program.mjs';
import { succeeds } from './succeeds.mjs';

/** Packages of Debian are for the interpreter of Debian, which need not be the first one in PATH. */
const debianPython = '/usr/bin/python3';
/** Where there is no registry, that is found out soon. */
const pip = ['-m', 'pip', 'install', '--retries', '1', '--timeout', '15'];

/**
 * A Python with these packages, in an environment of its own.
 *
 * @param options.packages as pip names them, e.g. `celery==5.6.3`
 * @param options.debian the packages of Debian that bring what they need, for where pip's registry does not have it
 * @param options.proof a line of Python that works only with all of that
 * @returns how to install it into a folder: resolves to the path of the interpreter, or to undefined
 */
export function pythonWith({ packages, debian, proof }) {
  return async (folder) => {
    const python = join(folder, 'bin', 'python');
    const isComplete = () => existsSync(python) && succeeds(python, ['-c', proof]);
    if (await isComplete()) return python;
    if (!(await ensurePython())) return undefined;
    await fromRegistry(python, folder, packages);
    if (await isComplete()) return python;
    await overDebian(python, folder, packages, debian);
    return (await isComplete()) ? python : undefined;
  };
}

function ensurePython() {
  return ensureProgram({
    title: 'Python 3',
    names: ['python3'],
    packages: { 'apt-get': 'python3-venv', dnf: 'python3', apk: 'python3', brew: 'python' },
    advice: 'Install Python 3',
  });
}

async function fromRegistry(python, folder, packages) {
  if (!(await succeeds('python3', ['-m', 'venv', '--clear', folder]))) return;
  await succeeds(python, [...pip, ...packages]);
}

/** With the packages of Debian below them; without pip's registry, these alone. */
async function overDebian(python, folder, packages, debian) {
  if (!(await installDebian(debian))) return;
  const venv = ['-m', 'venv', '--clear', '--system-site-packages', folder];
  if (!(await succeeds(debianPython, venv))) return;
  for (const name of packages) {
    if (await succeeds(python, [...pip, name])) continue;
    await succeeds(python, [...pip, '--no-deps', name]);
  }
}
