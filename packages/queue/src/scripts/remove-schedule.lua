-- Remove a schedule. What it has sent stays.
--
-- returns 1 if there was one
redis.call('ZREM', schedules, name)
redis.call('HDEL', schedule_specs, name)
return redis.call('HDEL', schedule_states, name)
