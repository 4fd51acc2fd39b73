import { defineScript } from '@redpost/core';
import { entriesPart } from '@redpost/core/consuming';
import source from './backlog.lua';

export interface BacklogInput {
  stream: string;
  after: string;
  limit: number;
}

export const backlog = defineScript<
  BacklogInput,
  { count: number; last: string; mayBeMore: boolean }
>({
  name: 'backlog',
  uses: [entriesPart],
  keys: { stream: ({ stream }) => stream },
  args: { after: ({ after }) => after, limit: ({ limit }) => limit },
  lua: source,
  looksFirst: () => true,
  parse(reply) {
    const [count, last, mayBeMore] = reply as [number, Buffer, number];
    return { count, last: last.toString('latin1'), mayBeMore: mayBeMore === 1 };
  },
});
