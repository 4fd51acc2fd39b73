-- Declare how many partitions a topic has, 0 for none, unless that was declared before.
--
-- returns how many it has

-- HGET comes first, because a server that is out of memory refuses HSETNX even when it would set nothing.
local declared = redis.call('HGET', facts, 'partitions')
if declared then return tonumber(declared) end
redis.call('HSETNX', facts, 'partitions', partitions)
return tonumber(partitions)
