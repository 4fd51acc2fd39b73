import { type Codec, type Connection, InvalidArgumentError, shown } from '@redpost/core';

/** How jobs of any other system are moved. */
export interface JobMoveOptions {
  /** The Redis that both are in. */
  connection: Connection;
  /** How bodies that `map` returns become bytes: the codec of the queue. Default `json()`. */
  codec?: Codec | undefined;
  /** Counts what would be moved, and changes nothing. Default false. */
  dryRun?: boolean | undefined;
  /** How many jobs are moved per second at most, more than 0. Default: as fast as Redis does it. */
  ratePerSecond?: number | undefined;
  /** Ends it early. The same call goes on later. */
  signal?: AbortSignal | undefined;
  /** Called after each part. */
  onProgress?: ((progress: MoveProgress) => void) | undefined;
}

/** How far a move has come. */
export interface MoveProgress {
  /** How many jobs were moved. */
  readonly moved: number;
  /** How many jobs there were to be moved when it began, those that are left included. */
  readonly of: number;
}

export const jobMoveOptionNames = {
  connection: true,
  codec: true,
  dryRun: true,
  ratePerSecond: true,
  signal: true,
  onProgress: true,
} as const;

/** @throws InvalidArgumentError for what cannot work. */
export function checkMove(name: string, prefix: string, { map }: { map?: unknown }): void {
  for (const [what, text] of Object.entries({ 'the name of the queue': name, prefix })) {
    if (typeof text === 'string' && text !== '') continue;
    throw new InvalidArgumentError(`${what} must be a non-empty string, got ${shown(text)}`);
  }
  if (map !== undefined && typeof map !== 'function') {
    throw new InvalidArgumentError(`map is a function, got ${shown(map)}`);
  }
}
