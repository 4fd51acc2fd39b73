import { defineScript } from '@redpost/core';
import { entriesPart } from '@redpost/core/consuming';
import type { QueueKeys } from '../keys.js';
import { namedKeys } from './script-keys.js';
import source from './survey-dead.lua';

export interface SurveyDeadInput {
  keys: QueueKeys;
  /** Ids of entries, `-` and `+` for the ends; `(` before one leaves it out. */
  from: string;
  to: string;
  limit: number;
}

/** A dead letter without its body. */
export interface SurveyedLetter {
  entry: string;
  reason: string;
  error: string;
  /** The header of the message with the end of its line; empty where it has none. */
  header: Buffer;
}

/** The first ones of a range, at least one if there is any. */
export const surveyDead = defineScript<SurveyDeadInput, SurveyedLetter[]>({
  name: 'survey-dead',
  uses: [entriesPart],
  keys: namedKeys('dead'),
  args: { from: ({ from }) => from, to: ({ to }) => to, limit: ({ limit }) => limit },
  lua: source,
  looksFirst: () => true,
  parse: (reply) =>
    (reply as [Buffer, Buffer, Buffer, Buffer][]).map(([entry, reason, error, header]) => ({
      entry: String(entry),
      reason: String(reason),
      error: String(error),
      header,
    })),
});
