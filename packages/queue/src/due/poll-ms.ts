/** What may look, with each beat, for what signals should have told. */
export interface BeatsThatLook {
  /** Whether beats look for it, at least every `longPollMs`: then nothing else has to look more often. */
  readonly looksWithBeats: boolean;
}

/** How often to look without a signal, in ms, because a signal may be lost: where beats look too. */
export const longPollMs = 10_000;

/** The same, there and elsewhere. */
export function pollMs({ looksWithBeats }: BeatsThatLook): number {
  return looksWithBeats ? longPollMs : 5000;
}
