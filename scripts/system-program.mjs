import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run, say } from './run.mjs';

// As in packages/core/src/embedded/executable.ts, which is not built yet when this runs.
const usualPlaces = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin', '/usr/sbin', '/snap/bin'];

const installers = [
  {
    tool: 'apt-get',
    // Another one may be installing just now.
    install: ['install', '--yes', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300'],
    refresh: ['update'],
    env: { DEBIAN_FRONTEND: 'noninteractive' },
  },
  { tool: 'dnf', install: ['install', '--assumeyes'] },
  { tool: 'apk', install: ['add', '--no-cache'] },
  { tool: 'brew', install: ['install'], rootless: true },
];

/**
 * Makes sure that a program is on this machine. False when it cannot.
 *
 * @param title what it is called, in what is said
 * @param names any of these executables will do
 * @param packages the name of its package, by the tool that installs it
 * @param advice what to do where none of these tools is there
 */
export async function ensureProgram({ title, names, packages, advice }) {
  if (names.some(find)) return true;

  const installer = installers.find(({ tool }) => packages[tool] && find(tool));
  if (!installer) {
    say(`no ${title} found. ${advice}, and run this again.`);
    return false;
  }

  const sudo = installer.rootless || process.getuid() === 0 ? [] : ['sudo'];
  const words = [...sudo, installer.tool, ...installer.install, packages[installer.tool]];
  const line = words.join(' ');
  const byHand = `Install it with this line, and run this again:\n\n    ${line}\n`;
  if (sudo.length > 0 && !(await hasPasswordlessSudo())) {
    say(`no ${title} found. ${byHand}`);
    return false;
  }

  say(`installing ${title}: ${line}`);
  await install(installer, sudo, [packages[installer.tool]]);
  if (names.some(find)) return true;
  say(`that did not work. ${byHand}`);
  return false;
}

/** Installs packages of Debian. False when it cannot. */
export async function installDebian(names) {
  const [apt] = installers;
  if (!find(apt.tool)) return false;
  const isRoot = process.getuid() === 0;
  if (!isRoot && !(await hasPasswordlessSudo())) return false;
  say(`installing ${names.join(', ')}`);
  return (await install(apt, isRoot ? [] : ['sudo'], names)) === 0;
}

/** Resolves with its exit code. */
async function install({ tool, install: words, refresh, env }, sudo, names) {
  const [command, ...args] = [...sudo, tool];
  // Only warnings and errors: what apt-get tells about its progress helps nobody here.
  const options = { env, stdio: ['ignore', 'ignore', 'inherit'] };

  if (refresh) await run(command, [...args, ...refresh], options);
  return run(command, [...args, ...words, ...names], options);
}

async function hasPasswordlessSudo() {
  return Boolean(find('sudo')) && (await run('sudo', ['-n', 'true'], { stdio: 'ignore' })) === 0;
}

/** Where a program is, or undefined. */
export function find(program) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...usualPlaces];
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
