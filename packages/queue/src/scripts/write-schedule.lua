-- Write a schedule, if its state is still the one that is expected.
--
-- name, expected  an empty state for a schedule that is not there
-- spec            empty if that stays as it is
-- state, next_due the new ones; next_due is 'inf' without a next tick
-- returns 1 if it was written
if (redis.call('HGET', schedule_states, name) or '') ~= expected then return 0 end
redis.call('ZCARD', schedules)
-- An error for a key that is no list: its messages would be refused too late to be told.
if spec ~= '' then redis.call('LLEN', list) end
if spec ~= '' then redis.call('HSET', schedule_specs, name, spec) end
redis.call('HSET', schedule_states, name, state)
redis.call('ZADD', schedules, next_due, name)
-- Those that are due already may be such that nobody can read.
if redis.call('ZRANGEBYSCORE', schedules, now(), '(inf', 'LIMIT', 0, 1)[1] == name then tell('delayed') end
return 1
