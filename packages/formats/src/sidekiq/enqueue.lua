-- Move a job that is due to the list of its queue. If several processes try this, only one of them moves it.
--
-- known  the job as it is in the set
-- job    the job as it is pushed
-- name   the name of its queue
-- returns 1, or 0 when another process has moved it
if redis.call('ZREM', set, known) == 0 then return 0 end
redis.call('SADD', queues, name)
redis.call('LPUSH', list, job)
return 1
