import { phpWith } from './php.mjs';
import { pythonWith } from './python.mjs';
import { rubyWith } from './ruby.mjs';

/** What e2e/foreign/programs/laravel_queue.php loads: a package of Debian brings only what it needs itself. */
const illuminate = ['queue', 'redis', 'events', 'bus'];
const requiring = (part) => {
  return `require 'Illuminate/${part[0].toUpperCase()}${part.slice(1)}/autoload.php';`;
};

/**
 * The programs of other systems that e2e/foreign tests with: how each is installed into a folder of its own, which
 * resolves to the program, or to undefined where it cannot be installed. A test gets it by the name of its system:
 * see e2e/foreign/support/system.ts.
 */
export const systems = {
  celery: pythonWith({
    packages: ['celery==5.6.3', 'redis==8.1.0'],
    debian: ['python3-venv', 'python3-celery', 'python3-redis'],
    proof: 'from celery.backends.redis import RedisBackend',
  }),
  laravel: phpWith({
    debian: ['php-cli', 'php-redis', ...illuminate.map((part) => `php-illuminate-${part}`)],
    proof: `${illuminate.map(requiring).join(' ')} new Redis();`,
  }),
  rq: pythonWith({
    packages: ['rq==2.12.0', 'redis==8.1.0'],
    debian: ['python3-venv', 'python3-rq', 'python3-redis'],
    proof: 'import redis, rq',
  }),
  sidekiq: rubyWith({
    gems: ['sidekiq:8.1.7'],
    debian: ['ruby-sidekiq'],
    proof: 'require "sidekiq"',
  }),
  python: pythonWith({
    packages: ['redis==8.1.0', 'msgpack==1.2.3'],
    debian: ['python3-venv', 'python3-redis', 'python3-msgpack'],
    proof: 'import msgpack, redis',
  }),
  ruby: rubyWith({
    gems: ['redis:4.8.0', 'msgpack:1.4.2'],
    debian: ['ruby-redis', 'ruby-msgpack'],
    proof: "require 'redis'; require 'msgpack'",
  }),
};
