import { createHash } from 'node:crypto';
import type { Script } from '@redpost/core';
import entryIdSource from './entry-id.lua';
import timeSource from './time.lua';

/** The key of how far the fake clock is ahead of the server's, in ms. */
export const clockKey = 'redpost:fake-clock';

const time = `(function() ${timeSource} end)()`;
const entryId = `(function(stream, time) local ms = time[1] * 1000 + math.floor(time[2] / 1000) ${entryIdSource} end)`;

/**
 * The same script with the time of the fake clock in the place of the server's, and in the ids of the entries that it adds.
 * Its text is changed, because some scripts have as many local variables as Lua allows, and Redis lets none replace `redis`.
 */
export function shiftedScript<Input, Result>(script: Script<Input, Result>): Script<Input, Result> {
  const lua = script.lua
    .replaceAll(
      /redis\.call\('XADD', ([^,]+), '\*'/g,
      (_, stream) => `redis.call('XADD', ${stream}, ${entryId}(${stream}, redis.call('TIME'))`,
    )
    .replaceAll("redis.call('TIME')", time);
  return { ...script, lua, sha: createHash('sha1').update(lua).digest('hex') };
}
