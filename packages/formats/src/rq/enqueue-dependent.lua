-- Enqueue a job that has waited for others, unless somebody has done that.
--
-- id        its id
-- queue     the key of its queue, as the set of queues has it
-- now       the time as RQ writes it
-- returns 1, or 0 when it does not wait any more
redis.call('SREM', dependents, id)
if redis.call('HGET', job, 'status') ~= 'deferred' then return 0 end
redis.call('HSET', job, 'status', 'queued', 'enqueued_at', now)
redis.call('HSETNX', job, 'timeout', 180)
redis.call('ZREM', deferred, id)
redis.call('SADD', queues, queue)
local push = redis.call('HGET', job, 'enqueue_at_front') == '1' and 'LPUSH' or 'RPUSH'
redis.call(push, list, id)
return 1
