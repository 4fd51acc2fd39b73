import { Redis } from 'ioredis';

/**
 * Makes a client ask a new socket only whether the server has loaded its data. ioredis asks for all that INFO tells, and
 * takes its 200 lines apart: of what a process with many blocking reads allocated at its start, that was a fifth.
 *
 * Not where a connector asks for the role of the server, too, as with Sentinels.
 */
export function askOnlyWhetherLoading(client: Redis): void {
  client.info = infoOfLoading as Redis['info'];
}

function infoOfLoading(this: Redis, ...args: []): Promise<string> {
  return Redis.prototype.info.call(this, 'persistence', ...args);
}
