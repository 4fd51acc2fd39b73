-- More records than a consumer can hold, because records beyond this number would be left behind.
local most_held = 200000

-- The [offset, consumer, idle, deliveries] of a pending record, if the consumer holds it.
local function held_record(offset)
  return redis.call('XPENDING', stream, group, offset, offset, 1, consumer)[1]
end
