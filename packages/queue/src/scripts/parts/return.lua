-- Where messages are returned to: never to the list of the queue, where others may read what producers have
-- written. `returned` is read from the right, before that list; suspects are read one at a time.
local has_returned, has_suspects = false, false

local function put(command, element)
  local _, _, text = read_envelope(element, '')
  local level, key = place_of(text)
  has_returned = true
  if key then return put_of_key(key, command, element) end
  if level ~= 4 then declare('levels') end
  redis.call(command, list_of_level(level), element)
end

-- Put an element where it is the next to be taken, of its level or key.
local function put_first(element)
  put('RPUSH', element)
end

-- Put an element behind all that were returned before; those of a level or key, behind all of these.
local function put_last(element)
  put('LPUSH', element)
end

-- The same for some elements, in their order.
local function put_all_last(elements)
  local alike = {}
  local function put_alike()
    if not alike[1] then return end
    has_returned = true
    redis.call('LPUSH', returned, unpack(alike))
    alike = {}
  end
  for _, element in ipairs(elements) do
    -- As a producer has written it, without a priority or a key: there is nothing to read.
    if element:sub(1, 8) == '\0011{"id":' then
      alike[#alike + 1] = element
    else
      put_alike()
      put_last(element)
    end
  end
  put_alike()
end

-- Put an element that was held and is unchanged where it is the next to be taken. Returns whether it is a suspect.
local function put_back(element)
  local _, suspect, text = read_envelope(element, '')
  if not suspect then
    put_first(element)
    return false
  end
  redis.call('RPUSH', suspects_of_level((place_of(text))), element)
  has_suspects = true
  return true
end

-- Tell idle consumers, which wait for the list of the queue, that something was put elsewhere.
local function tell_returned()
  if has_returned then tell('returned') end
  if has_suspects then tell('suspects') end
  -- Those that have found nothing have just been told.
  if has_returned then has_arrived = false end
  tell_arrived()
end
