import { asError, type Connection, isRedpostError, type Reply } from '@redpost/core';
import { pause } from '@redpost/core/consuming';

const firstPauseMs = 50;
const longestPauseMs = 2000;
/** How long to pause before the caller asks by another command, when Redis has refused XREAD, in ms. */
const refusedPauseMs = 1000;

/**
 * Waits until a stream has a record after `offset`. Resolves to the offset of the first such record; or to undefined when
 * `signal` is aborted, or when Redis has refused the blocking read, and then there may be a record.
 *
 * It waits by a plain XREAD, which takes no records. So no record is lost when the answer is lost or when the read is still
 * pending in the server. The caller gets the records by another command.
 *
 * @param failed called with the error of a failed read, e.g. because Redis is unreachable. It is tried again.
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

/** Reads the answer, where RESP2 has pairs for the streams, and RESP3 one flat array for its map. */
function firstOffset(reply: Reply): string | undefined {
  const [first, second] = (reply ?? []) as Reply[];
  const entries = Array.isArray(first) ? first[1] : second;
  const [[offset] = []] = (entries ?? []) as [Buffer, Reply][];
  return offset?.toString('latin1');
}
