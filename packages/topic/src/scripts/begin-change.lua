-- Begin to change the number of partitions, unless that has happened since the caller has asked, or another change is under
-- way.
--
-- first  the number of the first partition that the caller knows
-- count  to how many partitions
-- rest   the fields that say how many partitions the topic has and had
-- returns the values of these fields
local is_same = (redis.call('HGET', facts, 'first') or '0') == first
local is_declared = redis.call('HEXISTS', facts, 'partitions') == 1
if is_declared and is_same and not redis.call('HGET', facts, 'next') then
  redis.call('HSET', facts, 'next', count)
end
return redis.call('HMGET', facts, unpack(ARGV, rest))
