-- Count what waits, list the consumers, and tell whether the queue is paused.
--
-- returns { pending, delayed, dead, { consumer, ... }, { counter, value, ... }, { since, reason, until } }, the
--       last one without since where it is not paused
local paused = redis.call('HMGET', shape, 'paused', 'paused_reason', 'paused_until')
if paused[3] and tonumber(paused[3]) <= now() then paused = { false, false, false } end
return {
  redis.call('LLEN', list) + redis.call('LLEN', returned) + redis.call('LLEN', suspects),
  redis.call('ZCARD', delayed),
  redis.call('XLEN', dead),
  redis.call('ZRANGE', consumers, 0, -1),
  redis.call('HGETALL', stats),
  paused,
}
