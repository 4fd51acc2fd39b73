-- Declare how many partitions a topic has, 0 for none, unless that was declared before.
--
-- count     how many
-- is_other  1 if programs were made with another number, because it was changed before Redis has lost it
-- rest      the fields that say how many partitions it has and had
-- returns the values of these fields

-- HGET comes first, because a server that is out of memory refuses HSET even when it would set nothing.
if not redis.call('HGET', facts, 'partitions') then
  redis.call('HSET', facts, 'partitions', count)
  if is_other == '1' then redis.call('HSET', facts, 'changed', math.floor(now())) end
end
return redis.call('HMGET', facts, unpack(ARGV, rest))
