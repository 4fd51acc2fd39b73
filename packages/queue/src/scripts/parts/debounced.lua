-- Messages that wait until none with their key has come for a while. Of each key there is one: `debounced` has it by
-- when it is due, `debounced_elements` has the element, and `debounced_firsts` says when the first one came, how long it
-- may be delivered once it is due (ms or 0), and the id as it stands in the header, separated by colons.

-- When the first one came, and its id. Nil if none waits.
local function debounced_first(key)
  local first = redis.call('HGET', debounced_firsts, key)
  if not first then return nil end
  local since, id = first:match('^(%d+):%d+:(.*)$')
  return tonumber(since), id
end

-- Wait from now on, or for a longer time. Without an element, the one that waits stays.
local function debounce(key, due, since, ttl_ms, id, element)
  redis.call('ZADD', debounced, due, key)
  redis.call('HSET', debounced_firsts, key, string.format('%.0f:%.0f:%s', since, ttl_ms, id))
  if element then redis.call('HSET', debounced_elements, key, element) end
end

-- Move one that is due to the returned messages, behind those that are there. Returns its size.
local function end_debounce(key)
  local element = redis.call('HGET', debounced_elements, key)
  local first = redis.call('HGET', debounced_firsts, key)
  local due = redis.call('ZSCORE', debounced, key)
  if element then
    local ttl_ms = tonumber(first and first:match('^%d+:(%d+):') or 0)
    if ttl_ms > 0 then element = expiring(element, due + ttl_ms) end
    put_last(element)
  end
  redis.call('ZREM', debounced, key)
  redis.call('HDEL', debounced_elements, key)
  redis.call('HDEL', debounced_firsts, key)
  return element and #element or 0
end
