-- The messages of a producer, in ARGV from `rest` on: for each the delay in ms or 0, the time to live in ms or 0,
-- and the element.
local given = (#ARGV - rest + 1) / 3

local function is_delayed(n)
  return ARGV[rest + 3 * n - 3] ~= '0'
end

-- Send the first ones, in their order.
local function send_messages(count)
  local time = now()
  local earliest = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')[2]
  local sooner = false
  for i = rest, rest + 3 * count - 3, 3 do
    local delay_ms, ttl_ms, element = tonumber(ARGV[i]), tonumber(ARGV[i + 1]), ARGV[i + 2]
    if ttl_ms > 0 then
      element = '\0011{"expires":' .. (time + delay_ms + ttl_ms) .. ',' .. element:sub(4)
    end
    if delay_ms == 0 then
      redis.call('LPUSH', list, element)
    else
      local due = time + delay_ms
      delay(due, element)
      sooner = sooner or not earliest or due < tonumber(earliest)
    end
  end
  if sooner then tell('delayed') end
end
