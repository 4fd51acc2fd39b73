import { defineScript } from '@redpost/core';
import { entriesLua, mostBytesLua } from '@redpost/core/consuming';
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
  lua: mostBytesLua + entriesLua + source,
  looksFirst: () => true,
  encode: ({ stream, after, limit }) => ({ keys: [stream], args: [after, limit] }),
  parse(reply) {
    const [count, last, mayBeMore] = reply as [number, Buffer, number];
    return { count, last: last.toString('latin1'), mayBeMore: mayBeMore === 1 };
  },
});
