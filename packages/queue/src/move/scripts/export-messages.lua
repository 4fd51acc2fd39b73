-- Take messages that wait out of the queue, for the way back, and note which.
--
-- kind  of `source`: list, zset or stream
-- rest  for each message what it is in `source`, and its entry in the stream of the move
-- returns how many were still there
local remove = {
  list = function(member) return redis.call('LREM', source, -1, member) end,
  zset = function(member) return redis.call('ZREM', source, member) end,
  stream = function(member) return redis.call('XDEL', source, member) end,
}
local count = 0
for i = rest, #ARGV, 2 do
  -- First, because it is what a Redis that is out of memory refuses.
  redis.call('SADD', exported, ARGV[i + 1])
  if remove[kind](ARGV[i]) == 1 then
    count = count + 1
  else
    redis.call('SREM', exported, ARGV[i + 1])
  end
end
return count
