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
  -- Most headers begin with one of these.
  local key = element:match('^"key":"([^"\\\n]+)",', 4)
  if key then return 4, key end
  local level = element:match('^"priority":(%d),', 4)
  if level then return tonumber(level) end
  -- Without the attempts that it had elsewhere.
  return place_of(select(3, read_envelope(element, '')))
end

-- The same of the message with this number.
local found_levels, found_keys = {}, {}
local function place_of_number(n)
  if not found_levels[n] then found_levels[n], found_keys[n] = place_of_sent(ARGV[rest + 3 * n - 1]) end
  return found_levels[n], found_keys[n]
end

local function is_sent_at_once(n)
  return ARGV[rest + 3 * n - 3] == '0'
end

-- An error for a place of another type, before anything is sent.
local function check_places(count)
  local checked = {}
  for n = 1, count do
    -- One that is due at a time may be due already.
    if is_sent_at_once(n) or ARGV[rest + 3 * n - 3]:sub(1, 1) == '@' then
      local level, key = place_of_number(n)
      local place = key and key_prefix .. key or level ~= 4 and list_of_level(level)
      if place and not checked[place] then redis.call('LLEN', place) end
      checked[place or ''] = true
    end
  end
end

-- True for a message that waits in the list itself.
local function goes_to_list(n)
  if not is_sent_at_once(n) then return false end
  local level, key = place_of_number(n)
  return level == 4 and not key
end

-- The numbers of messages that are refused, because as many messages of their keys wait as may.
local refused = {}

-- True for a message that is refused, because as many messages of its key wait as may.
local function has_full_key(n)
  if not is_sent_at_once(n) then return false end
  local _, key = place_of_number(n)
  return key and is_full(key)
end

local function put_sent(element, n)
  local level, key
  if n > 0 then level, key = place_of_number(n) else level, key = place_of_sent(element) end
  if key and is_full(key) then
    refused[#refused + 1] = n
    return
  end
  put_at(level, key, element)
end
