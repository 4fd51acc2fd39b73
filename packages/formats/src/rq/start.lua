-- Note that a job is started, unless it has ended.
--
-- now     the time as RQ writes it
-- returns the fields and values of its hash as they were before
local fields = redis.call('HGETALL', job)
local status = redis.call('HGET', job, 'status')
if #fields == 0 or status == 'finished' or status == 'failed' or status == 'canceled' or status == 'stopped' then
  return fields
end
redis.call('HSET', job, 'status', 'started', 'started_at', now, 'last_heartbeat', now, 'worker_name', 'redpost')
redis.call('PERSIST', job)
return fields
