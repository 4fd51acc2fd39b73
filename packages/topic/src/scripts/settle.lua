-- Decide how many partitions a topic has, unless that was decided before.
--
-- KEYS  facts
-- ARGV  how many partitions, 0 for none
-- returns how many it has
local facts = KEYS[1]

-- Looking comes first: a server that is out of memory refuses HSETNX even where it would set nothing.
local partitions = redis.call('HGET', facts, 'partitions')
if partitions then return tonumber(partitions) end
redis.call('HSETNX', facts, 'partitions', ARGV[1])
return tonumber(ARGV[1])
