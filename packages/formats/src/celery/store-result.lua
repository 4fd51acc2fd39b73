-- Store what has become of a task, and tell those who wait for it, as Celery's backend does. A task that has succeeded
-- stays so, whatever a later attempt of it says.
--
-- meta     what has become of it, in JSON
-- keep_ms  how long it is kept
-- returns 1, or 0 when it had succeeded before
local known = redis.call('GET', result)
if known and known:find('^{"status": ?"SUCCESS"') then return 0 end
redis.call('SET', result, meta, 'PX', keep_ms)
redis.call('PUBLISH', result, meta)
return 1
