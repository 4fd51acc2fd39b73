import { existsSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureProgram, installDebian } from '../system-program.mjs';
import { succeeds } from './succeeds.mjs';

/**
 * A Ruby with these gems, in a folder of their own, or with those of Debian.
 *
 * @param options.gems as `gem install` takes them, e.g. `sidekiq:8.1.7`
 * @param options.debian the packages of Debian that are used where there is no registry of gems
 * @param options.proof a line of Ruby that works only with all of that
 * @returns how to install it into a folder: resolves to the path of the interpreter, or to undefined
 */
export function rubyWith({ gems, debian, proof }) {
  return async (folder) => {
    const ruby = join(folder, 'ruby');
    const isComplete = () => existsSync(ruby) && succeeds(ruby, ['-e', proof]);
    if (await isComplete()) return ruby;
    if (!(await ensureRuby())) return undefined;
    await mkdir(folder, { recursive: true });
    await writeFile(ruby, withGems(join(folder, 'gems')));
    await chmod(ruby, 0o755);
    const install = ['-S', 'gem', 'install', '--no-document', ...gems];
    if (await succeeds(ruby, install)) return (await isComplete()) ? ruby : undefined;
    await installDebian(debian);
    return (await isComplete()) ? ruby : undefined;
  };
}

function ensureRuby() {
  return ensureProgram({
    title: 'Ruby',
    names: ['ruby'],
    packages: { 'apt-get': 'ruby', dnf: 'ruby', apk: 'ruby', brew: 'ruby' },
    advice: 'Install Ruby',
  });
}

/** Beside those of the system: GEM_HOME is where gems are installed, and looked for first. */
function withGems(home) {
  return `#!/bin/sh\nGEM_HOME='${home}' exec ruby "$@"\n`;
}
