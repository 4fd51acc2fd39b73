export { RedisNotFoundError, RedisStartError } from './errors.js';
export type { Persistence } from './server-arguments.js';
export { type EmbeddedRedis, type StartRedisOptions, startRedis } from './start-redis.js';
