-- Where messages of a producer wait that may have priorities or keys.

-- An element waits where its level and its key say.
local function put_at(level, key, element)
  if key then return put_of_key(key, 'LPUSH', element) end
  if level == 4 then return redis.call('LPUSH', list, element) end
  declare('levels')
  has_arrived = true
  redis.call('LPUSH', list_of_level(level), element)
end

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
  put_at(level, key, element)
end
