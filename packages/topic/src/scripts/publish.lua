-- Append the records of one tick, in order. A record whose id was published within the window is not appended again: the
-- answer has the offset of the first record with this id (idempotent publishing).
--
-- former_ids  the ids of the former window
-- max_ids     how many ids a window holds at most
-- width       the number of values per record in this call: 1 if all have only a body, else 4
-- may_create  1 to make the stream if there is none
-- rest        for each record: body, key or '', headers or '', id or ''
-- returns the offsets, with a space between; or 0, when nothing was appended, because the stream does not exist and may not be
--         made: the topic was lost or deleted
window_ms, max_ids, width = tonumber(window_ms), tonumber(max_ids), tonumber(width)
local offsets = {}

-- A window ends when its time is over or when it is full. So an id is known for at least the length of a window, unless
-- the window was full, and for at most twice this time.
local function remember(id, offset)
  if redis.call('HLEN', ids) >= max_ids then redis.call('RENAME', ids, former_ids) end
  if redis.call('HSET', ids, id, offset) == 1 and redis.call('PTTL', ids) < 0 then
    redis.call('PEXPIRE', ids, window_ms * 2)
  end
end

local function turn_window()
  local left = redis.call('PTTL', ids)
  if left >= 0 and left <= window_ms then redis.call('RENAME', ids, former_ids) end
end

if width == 4 then turn_window() end

for i = rest, #ARGV, width do
  local entry = { 'body', ARGV[i] }
  local id = ''
  if width == 4 then
    local key, headers = ARGV[i + 1], ARGV[i + 2]
    id = ARGV[i + 3]
    if key ~= '' then entry[3], entry[4] = 'key', key end
    if headers ~= '' then entry[#entry + 1], entry[#entry + 2] = 'headers', headers end
    if id ~= '' then entry[#entry + 1], entry[#entry + 2] = 'id', id end
  end

  local offset = id ~= '' and (redis.call('HGET', ids, id) or redis.call('HGET', former_ids, id))
  if not offset then
    offset = may_create == '1' and redis.call('XADD', stream, '*', unpack(entry))
      or redis.call('XADD', stream, 'NOMKSTREAM', '*', unpack(entry))
    if not offset then return 0 end
    if id ~= '' then remember(id, offset) end
  end
  offsets[#offsets + 1] = offset
end

return table.concat(offsets, ' ')
