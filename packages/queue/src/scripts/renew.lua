-- Take or renew the lease of a consumer. Return the number of messages that it holds, the version of the shape, what it has
-- to look at, and the consumers whose lease has run out.
--
-- lease_ms  the length of the lease
-- is_new    1 to take the lease, 0 to renew it
-- remember_ms  for how long a former consumer is remembered
-- in_force  the version of the shape that the consumer has put in force
-- about     what the consumer tells of itself
-- pause     the pause of the consumer under its former name, which it goes on with when it takes the lease, or ''
-- returns nil when there is no lease to renew, else { the number of held messages, the version of the shape, 1 if some
--       were cancelled and 2 if there are outboxes, together 3, consumers (or, with a leading '~', former consumers) whose lease has run out... }. No consumers are returned if the lease
--       had run out already: the server was away for longer than the lease, and the other consumers get the time to renew
--       theirs first
local deadline = redis.call('ZSCORE', consumers, consumer)
if is_new == '0' and not deadline then return nil end

write_before_growing('ZREM', consumers)
local time = now()
local had_run_out = deadline and tonumber(deadline) < time

-- When a lease has run out, pause() no longer waits until this consumer has put a new shape in force. So the consumer must
-- not continue with the former shape.
local version = shape_version()
if is_new == '1' and pause ~= '' and redis.call('HGET', shape, 'paused_consumer:' .. consumer) ~= pause then
  redis.call('HSET', shape, 'paused_consumer:' .. consumer, pause)
  shape_changed()
  version = shape_version()
end
local is_in_force = version == '' or version == in_force
  or redis.call('HGET', seen, consumer) == version
if had_run_out and not is_in_force then return nil end

redis.call('ZADD', consumers, time + lease_ms, consumer)
if about ~= '' then redis.call('SET', registration, about, 'PX', 2 * lease_ms) end
shorten_leases(consumers, time, lease_ms, remember_ms)

if version ~= '' and version == in_force then redis.call('HSET', seen, consumer, version) end

note_holder()
local count = really_held()
local flags = redis.call('EXISTS', cancelled) + 2 * redis.call('EXISTS', outboxes)
if had_run_out then return { count, version, flags } end
return { count, version, flags, unpack(redis.call('ZRANGEBYSCORE', consumers, '-inf', time, 'LIMIT', 0, 10)) }
