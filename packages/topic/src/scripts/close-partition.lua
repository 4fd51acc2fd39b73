-- Let a partition take no more records, because the topic gets another number of partitions. May be done again. The number is
-- noted here, too, in case the topic loses what it knows of the change (a failover).
--
-- next  how many partitions the topic gets
-- returns the names of its groups
make_stream()
redis.call('HSETNX', stats, 'next', next)
redis.call('XSETID', stream, last_offset)
local groups = {}
for _, info in ipairs(redis.call('XINFO', 'GROUPS', stream)) do groups[#groups + 1] = info[2] end
return groups
