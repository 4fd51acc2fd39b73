import { asError, type Connection, isRedpostError, type Reply } from '@redpost/core';
import { pause } from '@redpost/core/consuming';

const firstPauseMs = 50;
const longestPauseMs = 2000;
/** How often records are asked for by another command while this one is refused, in ms. */
const refusedPauseMs = 1000;

/**
 * Waits until a stream has a record after `offset`; resolves to the offset of the first one, or to
 * undefined when `signal` is aborted, or when Redis refuses to be waited for: then there may be one.
 *
 * What it waits with is a plain XREAD: it takes nothing, so that one whose answer gets lost, or
 * which is left behind in the server, does no harm. The waiting reader takes by another command.
 *
 * @param failed told why waiting failed, e.g. because Redis is away. It is tried again.
 * @throws ClosedError when the connection was closed.
 */
export async function arrival(
  connection: Connection,
  { stream, offset, signal }: { stream: string; offset: string; signal: AbortSignal },
  failed: (error: Error) => void,
): Promise<string | undefined> {
  for (let waitMs = firstPauseMs; ; waitMs = Math.min(waitMs * 2, longestPauseMs)) {
    if (signal.aborted) return undefined;
    try {
      const reply = await connection.block(
        (blockMs) => ['XREAD', 'COUNT', 1, 'BLOCK', blockMs, 'STREAMS', stream, offset],
        { signal },
      );
      return firstOffset(reply);
    } catch (error) {
      if (signal.aborted) return undefined;
      if (isRedpostError(error, 'CLOSED')) throw error;
      failed(asError(error));
      const isRefused = isRedpostError(error, 'SERVER') && !error.retryable;
      await pause(isRefused ? refusedPauseMs : waitMs, undefined, { signal }).catch(() => {
        // Aborted: the loop ends.
      });
      if (isRefused) return undefined;
    }
  }
}

/** Streams come as pairs from RESP2, and as one flat array where RESP3 has a map. */
function firstOffset(reply: Reply): string | undefined {
  const [first, second] = (reply ?? []) as Reply[];
  const entries = Array.isArray(first) ? first[1] : second;
  const [[offset] = []] = (entries ?? []) as [Buffer, Reply][];
  return offset?.toString('latin1');
}
