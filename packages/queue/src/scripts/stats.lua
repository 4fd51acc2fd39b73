-- Count the messages, list the consumers, and return the shape of the queue.
--
-- returns { pending, delayed, dead, { consumer, ... }, { counter, value, ... }, { field of the shape, value, ... },
--       the server's time, in ms since 1970, { how many wait at level 0, ... } }: without levels where no message had a
--       priority yet; and how many schedules there are
local counts, sum, delayed_count = waiting()
local by_level = {}
for level = 0, counts[0] and 9 or -1 do by_level[level + 1] = counts[level] end
return {
  sum,
  delayed_count,
  redis.call('XLEN', dead),
  redis.call('ZRANGE', consumers, 0, -1),
  redis.call('HGETALL', stats),
  redis.call('HGETALL', shape),
  now(),
  by_level,
  redis.call('ZCARD', schedules),
}
