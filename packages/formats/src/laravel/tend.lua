-- Move jobs that are due to their queue, and leave no more notifications than jobs, since a consumer of redpost takes none of them.
--
-- count   how many to move at most
-- returns how many were moved
local time = redis.call('TIME')
local due = redis.call('ZRANGEBYSCORE', delayed, '-inf', time[1], 'LIMIT', 0, count)
for _, job in ipairs(due) do
  redis.call('ZREM', delayed, job)
  redis.call('RPUSH', list, job)
  redis.call('RPUSH', notify, 1)
end
local pending = redis.call('LLEN', list)
if redis.call('LLEN', notify) > pending then
  if pending == 0 then redis.call('DEL', notify) else redis.call('LTRIM', notify, 0, pending - 1) end
end
return #due
