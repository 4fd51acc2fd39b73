-- Delete a queue: all its keys, with what its consumers hold. Everything is looked at first, so that a
-- key of another type is refused before anything is gone. Where messages wait of more than so many keys, only these
-- are deleted, and the call is to be made again.
--
-- most  of how many keys at most
-- active_prefix and the others  what the keys of each consumer begin with
-- returns { pending, active, delayed, dead, 1 if the call is to be made again, 2 if outboxes are left } that were deleted
local counts, pending, delayed_count = waiting()
local dead_count = redis.call('XLEN', dead)
redis.call('HLEN', stats)
redis.call('HLEN', shape)
redis.call('HLEN', members)
redis.call('ZCARD', flows)
redis.call('HLEN', seen)
redis.call('HLEN', holders)
redis.call('HLEN', rate)
redis.call('ZCARD', schedules)

local deleted, has_more = forget_keys(tonumber(most))
if has_more then return { deleted, 0, 0, 0, 1 } end

local active = 0
for _, member in ipairs(redis.call('ZRANGE', consumers, 0, -1)) do
  local consumer = member:gsub('^~', '')
  local fields, batches = active_prefix .. consumer, batches_prefix .. consumer
  local handoff = handoff_prefix .. consumer
  active = active + redis.call('HLEN', fields) + redis.call('LLEN', handoff)
  for _, batch in ipairs(redis.call('HKEYS', batches)) do active = active + batch:match('%d+$') end
  redis.call('UNLINK', fields, batches, handoff, labels_prefix .. consumer, onces_prefix .. consumer)
  redis.call('UNLINK', cancelled_prefix .. consumer, registration_prefix .. consumer)
end
-- Outboxes stay: what was sent to other queues is sent, and flows learn what has ended.
local here = redis.call('HGETALL', members)
for i = 1, #here, 2 do post_ending(here[i], { 0, 0, 0, tonumber(here[i + 1]) }, {}) end
for _, id in ipairs(redis.call('ZRANGE', flows, 0, -1)) do
  local outer = redis.call('HGET', flow_prefix .. id, 'of')
  if outer then
    redis.call('HINCRBY', members, outer, 1)
    post_ending(outer, { 0, 0, 0, 1 }, {})
    redis.call('UNLINK', nested_prefix .. outer)
  end
  redis.call('UNLINK', flow_prefix .. id, flow_results_prefix .. id)
end
-- What was received once is not received again by a queue of the same name.
redis.call('EXPIRE', inbox, 3600)
for level in pairs(counts) do redis.call('UNLINK', list_of_level(level), suspects_of_level(level)) end
redis.call('UNLINK', unpack(KEYS))
return { pending, active, delayed_count, dead_count, redis.call('EXISTS', outboxes) == 1 and 2 or 0 }
