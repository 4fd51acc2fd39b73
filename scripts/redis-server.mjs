import { ensureProgram } from './system-program.mjs';

/** Makes sure that a redis-server or valkey-server is on this machine. False when it cannot. */
export function ensureRedisServer() {
  return ensureProgram({
    title: 'redis-server',
    names: ['redis-server', 'valkey-server', 'redis-check-rdb'],
    packages: { 'apt-get': 'redis-server', dnf: 'redis', apk: 'redis', brew: 'redis' },
    advice: 'Install Redis 6.2 or newer, or Valkey',
  });
}
