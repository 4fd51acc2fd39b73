import type { RedisServer } from './harness/redis-server.js';
import type { RemoteSide } from './harness/remote-side.js';

/** What `does` resolves to, and the processor time that Redis and this side take meanwhile. */
export async function spent<Result>(
  redis: RedisServer,
  side: RemoteSide,
  does: () => Promise<Result>,
): Promise<{ result: Result; serverUs: number; clientUs: number }> {
  const [clientMs, serverMs] = [(await side.ask('cpu')).ms, await redis.cpuMs()];
  const result = await does();
  const clientUs = 1000 * ((await side.ask('cpu')).ms - clientMs);
  return { result, clientUs, serverUs: 1000 * ((await redis.cpuMs()) - serverMs) };
}
