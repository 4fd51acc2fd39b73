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

-- True for a message that is refused, because as many messages of its key wait as may.
local function has_full_key(n)
  if ARGV[rest + 3 * n - 3] ~= '0' then return false end
  local _, key = place_of_sent(ARGV[rest + 3 * n - 1])
  return key and is_full(key)
end

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

local sent_at, earliest, is_sooner = nil, nil, false

-- Something is due then. This may be earlier than everything before.
local function note_due(due)
  is_sooner = is_sooner or not earliest or due < tonumber(earliest)
end

-- The first step of a script that sends.
local function begin_sending()
  sent_at = now()
  earliest = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')[2]
end

local function send_message(n)
  local i = rest + 3 * n - 3
  local delay_ms, ttl_ms, element = tonumber(ARGV[i]), tonumber(ARGV[i + 1]), ARGV[i + 2]
  if ttl_ms > 0 then
    element = '\0011{"expires":' .. (sent_at + delay_ms + ttl_ms) .. ',' .. element:sub(4)
  end
  if delay_ms == 0 then
    put_sent(element, n)
  else
    local due = sent_at + delay_ms
    delay(due, element)
    note_due(due)
  end
end

local function tell_due()
  if is_sooner then tell('delayed') end
end

-- Send the first ones, in their order.
local function send_messages(count)
  begin_sending()
  for n = 1, count do send_message(n) end
  tell_due()
  tell_arrived()
end
