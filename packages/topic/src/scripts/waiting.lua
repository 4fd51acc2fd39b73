-- Records that wait for another attempt are pending under this name, so that none is lost with the
-- consumer that gave it back.
local waiting = '~waiting'

-- More than a consumer can hold: what is not seen would be left behind.
local most_held = 200000

-- The [offset, consumer, idle, deliveries] of a pending record, if this consumer holds it.
local function held_by(stream, group, offset, consumer)
  return redis.call('XPENDING', stream, group, offset, offset, 1, consumer)[1]
end

-- Sorts suspects by offset: an offset's numbers, as far as they fit.
local function place(offset)
  local ms, sequence = offset:match('^(%d+)%-(%d+)$')
  return string.format('%.0f', ms * 1024 + math.min(sequence, 1023))
end

-- A set orders by text what is due in the same ms: this text sorts as the offset does.
local function sortable(offset)
  local ms, sequence = offset:match('^(%d+)%-(%d+)$')
  return ('0'):rep(20 - #ms) .. ms .. '-' .. ('0'):rep(20 - #sequence) .. sequence
end

local function offset_of(sortable_text)
  local ms, sequence = sortable_text:match('^0*(%d+)%-0*(%d+)$')
  return ms .. '-' .. sequence
end

-- Hand a record back, uncounted: to where it came from, due at once.
local function give_back(pending, stream, group, delayed, suspects, time)
  local offset, deliveries = pending[1], pending[4]
  redis.call('XCLAIM', stream, group, waiting, 0, offset, 'RETRYCOUNT', deliveries - 1, 'JUSTID')
  if redis.call('ZSCORE', suspects, offset) then
    redis.call('ZADD', suspects, place(offset), offset)
  else
    redis.call('ZADD', delayed, time, sortable(offset))
  end
end

