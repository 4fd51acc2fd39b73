-- Enqueue a job that is not there yet.
--
-- id      its id
-- queue   the key of its queue, as the set of queues has it
-- ttl_s   after how long it is forgotten if no worker has taken it, in seconds; 0 for never
-- rest    the fields and values of its hash
-- returns 1, or 0 when there is a job of this id
if redis.call('EXISTS', job) == 1 then return 0 end
redis.call('HSET', job, unpack(ARGV, rest))
if tonumber(ttl_s) > 0 then redis.call('EXPIRE', job, ttl_s) end
redis.call('SADD', queues, queue)
redis.call('RPUSH', list, id)
return 1
