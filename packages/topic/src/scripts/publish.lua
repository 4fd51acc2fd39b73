-- Append the records of one tick, in order. One that bears an id which was published within the
-- window is not appended again: it gets the offset of the first.
--
-- former_ids  those of the window before
-- max_ids     how many a window holds at most
-- width       how many values a record has here: 1 for just a body, else 4
-- rest        for each record: body, key or '', headers or '', id or ''
-- returns the offsets, with a space between
window_ms, max_ids, width = tonumber(window_ms), tonumber(max_ids), tonumber(width)
local offsets = {}

-- A window ends when it is over or full, so an id is known for one window at least, unless it was
-- full, and for two at most.
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
    offset = redis.call('XADD', stream, '*', unpack(entry))
    if id ~= '' then remember(id, offset) end
  end
  offsets[#offsets + 1] = offset
end

return table.concat(offsets, ' ')
