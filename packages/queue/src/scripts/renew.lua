-- Take or renew a consumer's lease, and tell what it holds and whose leases have run out.
--
-- lease_ms  the length of the lease
-- is_new    1 to take it, 0 to renew it
-- remember_ms  for how long a former consumer is remembered
-- in_force  the version of the shape that the consumer has put in force
-- returns nil when there is no lease to renew, else { how many messages it holds, the version of the queue's
--       shape, consumers (or, with a leading '~', former consumers) whose lease has run out... }. None of
--       these if the lease to renew had run out itself: then the server was away for longer than that, and
--       the others are to renew theirs first
local deadline = redis.call('ZSCORE', consumers, consumer)
if is_new == '0' and not deadline then return nil end

write_before_growing('ZREM', consumers)
local time = now()
local had_run_out = deadline and tonumber(deadline) < time

-- Where a consumer has let its lease run out, nobody waits until it has put a new shape in force: so it must
-- not go on by the former one.
local version = shape_version()
local is_in_force = version == '' or version == in_force
  or redis.call('HGET', seen, consumer) == version
if had_run_out and not is_in_force then return nil end

redis.call('ZADD', consumers, time + lease_ms, consumer)
shorten_leases(consumers, time, lease_ms, remember_ms)

if version ~= '' and version == in_force then redis.call('HSET', seen, consumer, version) end

note_holder()
local count = really_held()
if had_run_out then return { count, version } end
return { count, version, unpack(redis.call('ZRANGEBYSCORE', consumers, '-inf', time, 'LIMIT', 0, 10)) }
