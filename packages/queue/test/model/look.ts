import { defineScript } from '@redpost/core';

/** All keys of a queue: each as its name without the queue's, and its contents. */
export interface Looked {
  /** The server's time, in ms since 1970. */
  now: number;
  contents: ReadonlyMap<string, readonly string[]>;
}

interface LookInput {
  name: string;
}

/** Reads everything that Redis has of a queue whose texts are ASCII. */
export const look = defineScript<LookInput, Looked>({
  name: 'look',
  keys: { list: ({ name }) => name },
  lua: `
local read = {
  list = function(key) return redis.call('LRANGE', key, 0, -1) end,
  hash = function(key)
    local fields = redis.call('HGETALL', key)
    local opened = {}
    if key:find(':labels:', 1, true) then
      for i = 1, #fields, 2 do
        local first, packed = fields[i]:match('^(%d+):'), fields[i + 1]
        local runs = first and cmsgpack.unpack(packed) or {}
        local receipt = first
        for at = 1, #runs, 3 do
          for n = 0, runs[at + 2] - 1 do
            if runs[at] then
              opened[#opened + 1] = tostring(receipt + n)
              opened[#opened + 1] = ':' .. runs[at]
            end
          end
          receipt = receipt + runs[at + 2]
        end
        if not first then
          opened[#opened + 1] = fields[i]
          opened[#opened + 1] = packed
        end
      end
      return opened
    end
    if key:find(':onces:', 1, true) then
      for i = 1, #fields, 2 do
        local first, value = fields[i]:match('^(%d+):'), fields[i + 1]
        local keys, ids, places = unpack(first and cmsgpack.unpack(value) or {})
        for n = 1, first and #keys or 0 do
          opened[#opened + 1] = tostring(first + places[n])
          opened[#opened + 1] = #keys[n] .. ':' .. keys[n] .. ids[n]
        end
        if not first then
          opened[#opened + 1] = fields[i]
          opened[#opened + 1] = value
        end
      end
      return opened
    end
    if not key:find(':batches:', 1, true) then return fields end
    for i = 1, #fields, 2 do
      for at, element in ipairs(cmsgpack.unpack(fields[i + 1])) do
        opened[#opened + 1] = tostring(fields[i]:match('^%d+') + at - 1)
        opened[#opened + 1] = element
      end
    end
    return opened
  end,
  zset = function(key) return redis.call('ZRANGE', key, 0, -1, 'WITHSCORES') end,
  string = function(key) return { redis.call('GET', key) } end,
  stream = function(key)
    local elements = {}
    for i, entry in ipairs(redis.call('XRANGE', key, '-', '+')) do
      for at = 1, #entry[2], 2 do
        if entry[2][at] == 'element' then elements[i] = entry[2][at + 1] end
      end
    end
    return elements
  end,
}
local time = redis.call('TIME')
local reply = { time[1] * 1000 + math.floor(time[2] / 1000) }
local prefix = '{' .. list .. '}:'
local keys = redis.call('KEYS', prefix .. '*')
keys[#keys + 1] = list
for _, key in ipairs(keys) do
  local type = redis.call('TYPE', key).ok
  if type ~= 'none' then
    reply[#reply + 1] = key == list and '' or key:sub(#prefix + 1)
    reply[#reply + 1] = read[type](key)
  end
end
return cjson.encode(reply)`,
  parse(reply) {
    const [now, ...pairs] = JSON.parse(String(reply)) as [number, ...(string | string[])[]];
    const contents = new Map<string, string[]>();
    for (let at = 0; at < pairs.length; at += 2) {
      const values = pairs[at + 1] as string[];
      contents.set(pairs[at] as string, Array.isArray(values) ? values : []);
    }
    return { now, contents };
  },
});

/** Makes so much time pass for everything in Redis that waits for a time, but for leases. */
export const passTime = defineScript<LookInput & { ms: number }, unknown>({
  name: 'pass-time',
  keys: {
    delayed: ({ name }) => `{${name}}:delayed`,
    later: ({ name }) => `{${name}}:later`,
    consumers: ({ name }) => `{${name}}:consumers`,
    shape: ({ name }) => `{${name}}:shape`,
    ages: ({ name }) => `{${name}}:keys:age`,
  },
  args: { ms: ({ ms }) => ms },
  lua: `
local function earlier(time) return string.format('%.17g', time - ms) end
local prefix = shape:sub(1, -#'shape' - 1)
local debounced = prefix .. 'debounced'
for _, key in ipairs({ delayed, later, consumers, ages, debounced }) do
  local members = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
  for i = 1, #members, 2 do
    local is_lease = key == consumers and members[i]:sub(1, 1) ~= '~'
    if members[i + 1] ~= 'inf' and not is_lease then
      redis.call('ZADD', key, earlier(members[i + 1]), members[i])
    end
  end
end
local fields = redis.call('HGETALL', shape)
for i = 1, #fields, 2 do
  local is_end = fields[i] == 'paused_until' or fields[i]:sub(1, 11) == 'paused_key:'
  if is_end and fields[i + 1] ~= '' then redis.call('HSET', shape, fields[i], earlier(fields[i + 1])) end
end
local firsts = debounced .. ':firsts'
fields = redis.call('HGETALL', firsts)
for i = 1, #fields, 2 do
  local since, rest = fields[i + 1]:match('^(%d+)(.*)$')
  redis.call('HSET', firsts, fields[i], earlier(since) .. rest)
end
for _, key in ipairs(redis.call('KEYS', prefix .. '*')) do
  local name = key:sub(#prefix + 1)
  if name:sub(1, 7) == 'outbox:' then
    local entries = redis.call('XRANGE', key, '-', '+')
    -- An empty one has to keep its last id.
    if entries[1] then redis.call('DEL', key) end
    for _, entry in ipairs(entries) do
      local posted = entry[2]
      if posted[2]:sub(1, 1) == '@' then posted[2] = '@' .. earlier(posted[2]:sub(2)) end
      redis.call('XADD', key, entry[1], unpack(posted))
    end
  end
  local is_rate = name == 'rate' or name:sub(1, 5) == 'rate:'
  if is_rate then
    local at = redis.call('HGET', key, 'at')
    redis.call('HSET', key, 'at', string.format('%.0f', at - 1000 * ms))
  end
  if is_rate or name == 'windows' or name:sub(1, 5) == 'once:' or name:sub(1, 9) == 'throttle:' then
    redis.call('PEXPIRE', key, string.format('%.0f', math.max(0, redis.call('PTTL', key) - ms)))
  end
end`,
  parse: () => undefined,
});
