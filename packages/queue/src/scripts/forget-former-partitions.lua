-- Nothing waits any more where messages of keys went before the number of partitions was another one.
--
-- count     how many partitions there are, as far as is known
-- least_ms  for how long there must have been so many: all producers know of it by then
-- returns 1, or 0 if it is not so
local known, since = unpack(redis.call('HMGET', shape, 'partitions', 'partitions_since'))
if known ~= count or now() - (since or 0) < tonumber(least_ms) then return 0 end
redis.call('HDEL', shape, 'partitions_before')
shape_changed()
return 1
