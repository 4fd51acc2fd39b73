/**
 * A private Redis for tests and for trying things out.
 *
 * @module @redpost/core/embedded
 */

export { RedisNotFoundError, RedisStartError } from './errors.js';
export type { Persistence } from './server-arguments.js';
export { type EmbeddedRedis, type StartRedisOptions, startRedis } from './start-redis.js';
