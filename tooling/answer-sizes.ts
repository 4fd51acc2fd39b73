import { interposed, type ScriptRunner } from './interposed.js';

/** A connection, and how large the largest answer of each script was that ran on it. */
export function answerSizes<Connection extends ScriptRunner>(
  connection: Connection,
): { connection: Connection; largest: Map<string, number> } {
  const largest = new Map<string, number>();
  const measured = interposed(connection, async (script, run) => {
    const answer = await run();
    largest.set(script, Math.max(largest.get(script) ?? 0, bytesIn(answer)));
    return answer;
  });
  return { connection: measured, largest };
}

function bytesIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (value instanceof Uint8Array) return value.byteLength;
  if ('size' in value && typeof value.size === 'number') return value.size;
  return Object.values(value).reduce<number>((sum, each) => sum + bytesIn(each), 0);
}
