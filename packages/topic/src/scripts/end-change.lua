-- Announce the new partitions, when all former ones are closed, unless somebody else has.
--
-- first   the number of the first of the former partitions
-- behind  the number of the first of the new ones
-- count   how many new ones
-- fields  how many fields say how many partitions the topic has and had
-- rest    these fields, then the channels of the groups
-- returns the values of these fields
local is_same = (redis.call('HGET', facts, 'first') or '0') == first
if is_same and redis.call('HGET', facts, 'next') == count then
  local former = redis.call('HGET', facts, 'former')
  local present = first .. ':' .. redis.call('HGET', facts, 'partitions')
  redis.call('HSET', facts, 'partitions', count, 'first', behind,
    'former', former and former .. ' ' .. present or present, 'changed', math.floor(now()))
  redis.call('HDEL', facts, 'next')
  for i = rest + fields, #ARGV do redis.call('PUBLISH', ARGV[i], 'partitions') end
end
return redis.call('HMGET', facts, unpack(ARGV, rest, rest + fields - 1))
