-- Where messages are returned to: never to the list of the queue, where others may read what producers have
-- written. `returned` is read from the right, before that list; suspects are read one at a time.
local has_returned, has_suspects = false, false

-- Put an element where it is the next to be taken.
local function put_first(element)
  redis.call('RPUSH', returned, element)
  has_returned = true
end

-- Put elements behind all that were returned before: the first one is taken first.
local function put_last(...)
  redis.call('LPUSH', returned, ...)
  has_returned = true
end

-- Put an element that was held and is unchanged where it is the next to be taken.
local function put_back(element)
  local _, suspect = read_envelope(element, '')
  if not suspect then return put_first(element) end
  redis.call('RPUSH', suspects, element)
  has_suspects = true
end

-- Tell idle consumers, which wait for the list of the queue, that something was put elsewhere.
local function tell_returned()
  if has_returned then tell('returned') end
  if has_suspects then tell('suspects') end
end
