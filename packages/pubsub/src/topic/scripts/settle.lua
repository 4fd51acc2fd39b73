-- Decide how many partitions a topic has, unless that was decided before.
--
-- KEYS  facts
-- ARGV  how many partitions, 0 for none
-- returns how many it has
redis.call('HSETNX', KEYS[1], 'partitions', ARGV[1])
return tonumber(redis.call('HGET', KEYS[1], 'partitions'))
