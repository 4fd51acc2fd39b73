-- The messages of a producer, in ARGV from `rest` on: for each the delay in ms or 0, the time to live in ms or 0,
-- and the element.
local given = (#ARGV - rest + 1) / 3

-- The level and the key of an element that a producer has written.
local function place_of_sent(element)
  if element:sub(1, 3) ~= '\0011{' then return 4 end
  return place_of(element:sub(4))
end

-- True for a message that waits in the list itself.
local function goes_to_list(n)
  local delay_ms, element = ARGV[rest + 3 * n - 3], ARGV[rest + 3 * n - 1]
  if delay_ms ~= '0' then return false end
  local level, key = place_of_sent(element)
  return level == 4 and not key
end

-- The numbers of messages that are refused, because as many messages of their keys wait as may.
local refused = {}

local function put_sent(element, n)
  local level, key = place_of_sent(element)
  if key and is_full(key) then
    refused[#refused + 1] = n
    return
  end
  if key then return put_of_key(key, 'LPUSH', element) end
  if level == 4 then return redis.call('LPUSH', list, element) end
  declare('levels')
  has_arrived = true
  redis.call('LPUSH', list_of_level(level), element)
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
      put_sent(element, (i - rest) / 3 + 1)
    else
      local due = time + delay_ms
      delay(due, element)
      sooner = sooner or not earliest or due < tonumber(earliest)
    end
  end
  if sooner then tell('delayed') end
  tell_arrived()
end
