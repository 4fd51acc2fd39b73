-- Take a job scheduler away from BullMQ, so that it makes no further job, and hold it until the queue has the schedule. Its next
-- job goes with it, if that is still delayed.
--
-- id    the scheduler
-- base  what the keys of jobs begin with
-- own   what the keys begin with that hold what was taken
-- returns 1, or 0 if there is no such scheduler any more
local due = redis.call('ZSCORE', schedulers, id)
if not due then return 0 end
local hash, held_hash = schedulers .. ':' .. id, own .. 'scheduler:' .. id
local job = 'repeat:' .. id .. ':' .. due
redis.call('SADD', held, id)
redis.call('RENAME', hash, held_hash)
redis.call('HSET', held_hash, 'redpost:next', due, 'redpost:dropped', redis.call('ZREM', delayed, job))
redis.call('ZREM', schedulers, id)
if redis.call('HGET', held_hash, 'redpost:dropped') == '1' then redis.call('UNLINK', base .. job, base .. job .. ':logs') end
return 1
