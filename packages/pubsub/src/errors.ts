import { RedpostError } from '@redpost/core';

/** Messages came faster than they were read, and some were dropped. */
export class OverflowError extends RedpostError {
  declare readonly code: 'OVERFLOW';
  /** How many were dropped since this was last reported. */
  readonly dropped: number;

  constructor(message: string, options: { dropped: number }) {
    super(message, { code: 'OVERFLOW' });
    this.name = 'OverflowError';
    this.dropped = options.dropped;
  }
}
