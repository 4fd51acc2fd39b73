import type { Redis } from 'ioredis';

/**
 * Ends the blocked read of another client. `CLIENT UNBLOCK` is not sent by itself: a command that may
 * write leaves before it in the same piece.
 */
export async function endBlockedRead(redis: Redis, clientId: number): Promise<void> {
  await redis.pipeline().eval('return 1', 0).client('UNBLOCK', clientId).exec();
}
