import type { From } from '@redpost/topic';
import { InvalidArgumentError } from 'commander';
import { duration, moment } from './option-parsers.js';

/** For a place in a topic: `beginning`, `latest`, an offset, a time, or how long ago, such as `10m`. */
export function place(text: string): From {
  if (text === 'beginning' || text === 'latest' || /^\d{1,20}-\d{1,20}$/.test(text)) return text;
  try {
    return /^\d{4}-/.test(text) ? new Date(moment(text)) : new Date(Date.now() - duration(text));
  } catch {
    throw new InvalidArgumentError(
      'Write beginning, latest, an offset such as 1700000000000-0, a time such as 2030-01-31T12:00Z, or how long ago, such as 10m.',
    );
  }
}
