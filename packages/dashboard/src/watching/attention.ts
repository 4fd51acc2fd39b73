import type { QueueStats } from '@redpost/queue';
import { z } from 'zod';

/**
 * Why somebody should look at a queue, the most urgent first.
 *
 * - `unreadable`: its numbers could not be read.
 * - `no-consumer`: messages wait, and nobody consumes them.
 * - `dead`: there are dead letters, which nobody but a person will do anything about.
 * - `old`: the next message has waited for more than a minute, although there are consumers, which may catch up.
 * - `paused`: it is paused, and messages wait.
 */
export const attentionSchema = z.enum(['unreadable', 'no-consumer', 'dead', 'old', 'paused']);
export type Attention = z.infer<typeof attentionSchema>;

const oldMs = 60_000;

export function attentionFor(
  { pending, consumers, dead, paused }: QueueStats,
  ageMs: number | undefined,
): Attention[] {
  const reasons: Attention[] = [];
  if (pending > 0 && consumers === 0 && !paused) reasons.push('no-consumer');
  if (dead > 0) reasons.push('dead');
  if (pending > 0 && consumers > 0 && !paused && (ageMs ?? 0) > oldMs) reasons.push('old');
  if (paused && pending > 0) reasons.push('paused');
  return reasons;
}

/** Less for what is more urgent. */
export function urgency(reasons: readonly Attention[]): number {
  const order = attentionSchema.options;
  return reasons.length === 0 ? order.length : order.indexOf(reasons[0] as Attention);
}
