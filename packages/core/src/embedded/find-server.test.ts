import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { RedisNotFoundError } from './errors.js';
import { findServer } from './find-server.js';
import { installCommand } from './install-command.js';

async function folderWith(...programs: string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'redpost-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const name of programs) await writeFile(join(folder, name), '', { mode: 0o755 });
  return folder;
}

it('prefers redis-server in any folder to valkey-server', async () => {
  const first = await folderWith('valkey-server', 'redis-check-rdb');
  const second = await folderWith('redis-server');

  expect(findServer('', [first, second])).toBe(join(second, 'redis-server'));
  expect(findServer('', [first])).toBe(join(first, 'valkey-server'));
});

it('takes the checking tool, which is the server too, when there is nothing else', async () => {
  const folder = await folderWith('redis-check-rdb');

  expect(findServer('', [folder])).toBe(join(folder, 'redis-check-rdb'));
});

it('looks a bare name up, and takes a path as it is', async () => {
  const folder = await folderWith('my-redis');

  expect(findServer('my-redis', [folder])).toBe(join(folder, 'my-redis'));
  expect(findServer(join(folder, 'my-redis'), [])).toBe(join(folder, 'my-redis'));
});

it('never falls back from a server that was chosen', async () => {
  const folder = await folderWith('redis-server');

  expect(() => findServer('other-redis', [folder])).toThrow('other-redis is not a program');
});

it('fails with the line that installs one', async () => {
  const folder = await folderWith();

  expect(() => findServer('', [folder])).toThrow(RedisNotFoundError);
  expect(() => findServer('', [folder])).toThrow('No redis-server or valkey-server found. Install');
});

it.each([
  ['apt-get', 'apt-get install -y redis-server'],
  ['dnf', 'dnf install -y redis'],
  ['apk', 'apk add redis'],
  ['pacman', 'pacman -S valkey'],
  ['brew', 'brew install redis'],
])('knows the line for a system with %s', async (tool, line) => {
  expect(installCommand([await folderWith(tool)])).toMatch(new RegExp(`^(sudo )?${line}$`));
});

it('knows no line for a system without a known package manager', async () => {
  expect(installCommand([await folderWith()])).toBeUndefined();
});
