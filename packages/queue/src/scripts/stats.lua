-- Count what waits, list the consumers, and tell what the queue has declared.
--
-- returns { pending, delayed, dead, { consumer, ... }, { counter, value, ... }, { field of the shape, value, ... },
--       the server's time, in ms since 1970 }
return {
  redis.call('LLEN', list) + redis.call('LLEN', returned) + redis.call('LLEN', suspects),
  redis.call('ZCARD', delayed),
  redis.call('XLEN', dead),
  redis.call('ZRANGE', consumers, 0, -1),
  redis.call('HGETALL', stats),
  redis.call('HGETALL', shape),
  now(),
}
