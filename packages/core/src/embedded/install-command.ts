import { findExecutable, searchPath } from './executable.js';

const installers = [
  { tool: 'apt-get', line: 'apt-get install -y redis-server', asRoot: true },
  { tool: 'dnf', line: 'dnf install -y redis', asRoot: true },
  { tool: 'apk', line: 'apk add redis', asRoot: true },
  { tool: 'pacman', line: 'pacman -S valkey', asRoot: true },
  { tool: 'brew', line: 'brew install redis', asRoot: false },
];

/** The line that installs a server with this system's package manager, when it is a known one. */
export function installCommand(folders = searchPath()): string | undefined {
  const installer = installers.find(({ tool }) => findExecutable(tool, folders));
  if (!installer) return undefined;
  return installer.asRoot && process.getuid?.() !== 0 ? `sudo ${installer.line}` : installer.line;
}
