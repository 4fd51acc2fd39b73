-- Forget the oldest former partitions of a topic, where nothing is left, unless somebody else has.
--
-- generation  of which they are, as `first:count`
-- rest        the fields that say how many partitions the topic has and had
-- returns the values of these fields
local former = redis.call('HGET', facts, 'former')
if former and (former .. ' '):sub(1, #generation + 1) == generation .. ' ' then
  local emptied = redis.call('HGET', facts, 'emptied')
  local left = former:sub(#generation + 2)
  redis.call('HSET', facts, 'emptied', emptied and emptied .. ' ' .. generation or generation)
  if left == '' then redis.call('HDEL', facts, 'former') else redis.call('HSET', facts, 'former', left) end
end
return redis.call('HMGET', facts, unpack(ARGV, rest))
