import { RedpostError } from '../errors.js';

/** No `redis-server` or `valkey-server` was found on this machine, or not at the given path. */
export class RedisNotFoundError extends RedpostError {
  declare readonly code: 'REDIS_NOT_FOUND';
  /** The command that installs one, e.g. `'sudo apt-get install -y redis-server'`, when it is known. */
  readonly installCommand: string | undefined;

  constructor(message: string, options: { installCommand: string | undefined }) {
    super(message, { code: 'REDIS_NOT_FOUND' });
    this.name = 'RedisNotFoundError';
    this.installCommand = options.installCommand;
  }
}

/** The server did not come up. The message ends with the last lines of its log. */
export class RedisStartError extends RedpostError {
  declare readonly code: 'REDIS_START';
  /** The last lines that the server logged, possibly none. */
  readonly log: string;

  constructor(message: string, options: { log: string }) {
    super(options.log ? `${message}. The end of its log:\n${options.log}` : message, {
      code: 'REDIS_START',
    });
    this.name = 'RedisStartError';
    this.log = options.log;
  }
}
