import { defineScript } from '@redpost/core';
import source from './backlog.lua';

export interface BacklogInput {
  stream: string;
  after: string;
  limit: number;
}

export const backlog = defineScript<BacklogInput, { count: number; last: string }>({
  name: 'backlog',
  lua: source,
  looksFirst: () => true,
  encode: ({ stream, after, limit }) => ({ keys: [stream], args: [after, limit] }),
  parse(reply) {
    const [count, last] = reply as [number, Buffer];
    return { count, last: last.toString('latin1') };
  },
});
