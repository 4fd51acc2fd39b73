-- Count what waits, and list the consumers.
--
-- returns { pending, delayed, dead, { consumer, ... }, { counter, value, ... } }
return {
  redis.call('LLEN', list) + redis.call('LLEN', returned) + redis.call('LLEN', suspects),
  redis.call('ZCARD', delayed),
  redis.call('XLEN', dead),
  redis.call('ZRANGE', consumers, 0, -1),
  redis.call('HGETALL', stats),
}
