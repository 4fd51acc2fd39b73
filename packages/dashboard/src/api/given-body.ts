import { z } from 'zod';
import { Problem } from '../http/problem.js';
import type { KnownQueue } from '../watching/queue-pool.js';

/** A body as it was typed. */
export const givenBodySchema = z.object({
  text: z.string(),
  format: z.enum(['json', 'text', 'base64']).default('json'),
});

/**
 * What is sent for it: bytes where the dashboard knows no codec, else the value for the codec.
 *
 * @throws Problem if it is not what its format says.
 */
export function givenBody(
  { text, format }: z.infer<typeof givenBodySchema>,
  { isRaw }: Pick<KnownQueue, 'isRaw'>,
): unknown {
  if (format === 'base64') return Buffer.from(text, 'base64');
  if (format === 'text') return isRaw ? Buffer.from(text) : text;
  const value = parsed(text);
  return isRaw ? Buffer.from(JSON.stringify(value)) : value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Problem(400, `The body is not JSON: ${(error as Error).message}`);
  }
}
