-- Count what waits, and list the consumers.
--
-- KEYS  list, suspects, delayed, dead, consumers, stats
-- returns { pending, delayed, dead, { consumer, ... }, { counter, value, ... } }
local list, suspects, delayed, dead, consumers, stats = unpack(KEYS)
return {
  redis.call('LLEN', list) + redis.call('LLEN', suspects),
  redis.call('ZCARD', delayed),
  redis.call('XLEN', dead),
  redis.call('ZRANGE', consumers, 0, -1),
  redis.call('HGETALL', stats),
}
