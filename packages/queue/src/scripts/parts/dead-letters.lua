-- The dead letters of the queue, and the bounds that it has declared for them. The bounds are read first: a script
-- that fails half-way is not undone.
local dead_max_length, dead_max_age_ms =
  unpack(redis.call('HMGET', shape, 'dead_max_length', 'dead_max_age_ms'))

-- Further fields and their values may follow. Returns the entry.
local function add_dead_letter(reason, message, element, ...)
  return redis.call('XADD', dead, '*', 'reason', reason, 'error', message, 'element', element, ...)
end

-- The most entries that a node of a stream has by default.
local node = 100

-- Deletes the oldest dead letters that are above the bounds: as many as the script has added, and at most 1000 more,
-- because everything else waits meanwhile. Returns true if there may be more.
local function trim_dead_letters(added)
  local trimmed, most = 0, added + 1000
  local excess = dead_max_length and redis.call('XLEN', dead) - dead_max_length or 0
  if excess > 0 then
    local kept = dead_max_length + math.max(0, excess - most)
    trimmed = redis.call('XTRIM', dead, 'MAXLEN', string.format('%.0f', kept))
  end
  if dead_max_age_ms then
    local oldest = string.format('%.0f', math.max(0, now() - dead_max_age_ms))
    -- Only whole nodes of the stream can be limited in number. When none are left, a part of one may be.
    if trimmed < most then
      trimmed = trimmed + redis.call('XTRIM', dead, 'MINID', '~', oldest, 'LIMIT', most - trimmed)
    end
    if trimmed <= most - node then
      trimmed = trimmed + redis.call('XTRIM', dead, 'MINID', oldest)
    end
  end
  finished('trimmed', trimmed)
  return trimmed > most - node
end
