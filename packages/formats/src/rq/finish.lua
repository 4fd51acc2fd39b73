-- Note how a job has ended, as a worker of RQ does: in its hash, its results and a registry.
--
-- id          its id
-- status      finished or failed
-- now         the time as RQ writes it
-- kind        the type of the result: 1 for success, 2 for failure
-- value_name  return_value or exc_string
-- value       that, in base64; '' for none
-- exc_info    what is noted in the hash, compressed; '' for nothing
-- keep_s      for how long all of it is kept, in seconds; -1 for ever, 0 for no result
-- returns 1, or 0 when the job was deleted
if redis.call('EXISTS', job) == 0 then return 0 end
keep_s = tonumber(keep_s)
redis.call('HSET', job, 'status', status, 'ended_at', now)
if exc_info ~= '' then redis.call('HSET', job, 'exc_info', exc_info) end
if keep_s == 0 then return 1 end
local entry = { 'type', kind, 'worker_name', 'redpost' }
if value ~= '' then
  entry[#entry + 1] = value_name
  entry[#entry + 1] = value
end
redis.call('XADD', results, 'MAXLEN', '~', 10, '*', unpack(entry))
if keep_s < 0 then
  redis.call('PERSIST', results)
  redis.call('ZADD', registry, '+inf', id)
  return 1
end
redis.call('ZADD', registry, redis.call('TIME')[1] + keep_s, id)
for _, key in ipairs({ results, job, dependents, dependencies }) do redis.call('EXPIRE', key, keep_s) end
return 1
