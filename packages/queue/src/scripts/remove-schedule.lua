-- Remove a schedule. What it has sent stays.
--
-- returns 1 if there was one
-- All keys are read before anything is changed: an error for a key of another type means that nothing was.
redis.call('HLEN', schedule_specs)
redis.call('HLEN', schedule_states)
redis.call('ZREM', schedules, name)
redis.call('HDEL', schedule_specs, name)
return redis.call('HDEL', schedule_states, name)
