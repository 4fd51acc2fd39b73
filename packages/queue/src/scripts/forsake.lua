-- Name a consumer that has lost its lease as a former one, so that others look at what it left.
--
-- KEYS  consumers
-- ARGV  consumer, how long a blocking move of its may still be under way in ms
local consumers = KEYS[1]
local consumer, remember_ms = unpack(ARGV)

write_nothing('ZREM', consumers)
redis.call('ZADD', consumers, 'NX', now() + remember_ms, '~' .. consumer)
