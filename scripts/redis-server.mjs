import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run, say } from './run.mjs';

// As in packages/core/src/embedded/executable.ts, which is not built yet when this runs.
const usualPlaces = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin', '/usr/sbin', '/snap/bin'];

const installers = [
  {
    tool: 'apt-get',
    install: ['install', '--yes', 'redis-server'],
    refresh: ['update'],
    env: { DEBIAN_FRONTEND: 'noninteractive' },
  },
  { tool: 'dnf', install: ['install', '--assumeyes', 'redis'] },
  { tool: 'apk', install: ['add', '--no-cache', 'redis'] },
  { tool: 'brew', install: ['install', 'redis'], rootless: true },
];

/** Makes sure that a redis-server or valkey-server is on this machine. False when it cannot. */
export async function ensureRedisServer() {
  if (hasServer()) return true;

  const installer = installers.find(({ tool }) => find(tool));
  if (!installer) {
    say('no redis-server found. Install Redis 6.2 or newer, or Valkey, and run this again.');
    return false;
  }

  const sudo = installer.rootless || process.getuid() === 0 ? [] : ['sudo'];
  const line = [...sudo, installer.tool, ...installer.install].join(' ');
  const advice = `Install it with this line, and run this again:\n\n    ${line}\n`;
  if (sudo.length > 0 && !(await hasPasswordlessSudo())) {
    say(`no redis-server found. ${advice}`);
    return false;
  }

  say(`installing redis-server: ${line}`);
  if (await install(installer, sudo)) return true;
  say(`that did not work. ${advice}`);
  return false;
}

async function install({ tool, install, refresh, env }, sudo) {
  const [command, ...args] = [...sudo, tool];
  // Only warnings and errors: what apt-get tells about its progress helps nobody here.
  const options = { env, stdio: ['ignore', 'ignore', 'inherit'] };

  if (refresh) await run(command, [...args, ...refresh], options);
  await run(command, [...args, ...install], options);
  return hasServer();
}

async function hasPasswordlessSudo() {
  return Boolean(find('sudo')) && (await run('sudo', ['-n', 'true'], { stdio: 'ignore' })) === 0;
}

function hasServer() {
  return Boolean(find('redis-server') || find('valkey-server') || find('redis-check-rdb'));
}

function find(program) {
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
