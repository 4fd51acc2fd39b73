-- Delete a queue: all its keys, with what its consumers hold. Everything is looked at first, so that a
-- key of another type is refused before anything is gone.
--
-- active_prefix and the others  what the keys of each consumer begin with
-- returns { pending, active, delayed, dead } that were deleted
local pending = redis.call('LLEN', list) + redis.call('LLEN', returned) + redis.call('LLEN', suspects)
local waiting, given_up = redis.call('ZCARD', delayed), redis.call('XLEN', dead)
redis.call('HLEN', stats)
redis.call('HLEN', shape)
redis.call('HLEN', seen)
redis.call('HLEN', holders)

local active = 0
for _, member in ipairs(redis.call('ZRANGE', consumers, 0, -1)) do
  local consumer = member:gsub('^~', '')
  local fields, batches = active_prefix .. consumer, batches_prefix .. consumer
  local handoff = handoff_prefix .. consumer
  active = active + redis.call('HLEN', fields) + redis.call('LLEN', handoff)
  for _, batch in ipairs(redis.call('HKEYS', batches)) do active = active + batch:match('%d+$') end
  redis.call('UNLINK', fields, batches, handoff)
end
redis.call('UNLINK', unpack(KEYS))
return { pending, active, waiting, given_up }
