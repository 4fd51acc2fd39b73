import { setTimeout as pause } from 'node:timers/promises';
import type { Stage } from './stage.js';

/** A pause between two steps, so that people can follow: short, and shorter in a fast run. */
export async function pace({ options, signal }: Stage): Promise<void> {
  await pause(Math.min(options.intervalMs / 4, 300), undefined, { signal });
}
