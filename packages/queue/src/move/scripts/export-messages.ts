import { defineScript } from '@redpost/core';
import source from './export-messages.lua';

export interface ExportInput {
  /** The key that they are in. */
  source: string;
  kind: 'list' | 'zset' | 'stream';
  /** SET of the entries of what was taken. */
  exported: string;
  messages: readonly { member: string | Buffer; entry: string }[];
}

/** How many were still there. */
export const exportMessages = defineScript<ExportInput, number>({
  name: 'export-messages',
  keys: { source: ({ source: key }) => key, exported: ({ exported }) => exported },
  args: { kind: ({ kind }) => kind },
  rest: ({ messages }) => messages.flatMap(({ member, entry }) => [member, entry]),
  lua: source,
  parse: (reply) => reply as number,
});
