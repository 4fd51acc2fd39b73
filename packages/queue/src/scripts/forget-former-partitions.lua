-- Nothing waits any more where messages of keys went before the number of partitions was another one. That is told to producers in two
-- steps: first that messages of keys go nowhere else than now, and then that the number may change again. Else one that still asked for a
-- former place could do so when keys have come back to it, and would find them there.
--
-- count     how many partitions there are, as far as is known
-- least_ms  how long ago the step before must be: all producers know of it by then
-- returns 1 if the number may change again, else 0
local known, since, before = unpack(redis.call('HMGET', shape, 'partitions', 'partitions_since', 'partitions_before'))
if known ~= count or now() - (since or 0) < tonumber(least_ms) then return 0 end
local is_last = not before or before == count
if is_last then
  redis.call('HDEL', shape, 'partitions_before')
else
  redis.call('HSET', shape, 'partitions_before', count, 'partitions_since', string.format('%.0f', now()))
end
shape_changed()
return is_last and 1 or 0
