-- Take or renew a consumer's lease, and tell whose leases have run out.
--
-- KEYS  consumers
-- ARGV  consumer, length of the lease in ms, 1 to take it and 0 to renew it
-- returns nil when there is no lease to renew, else the consumers (or, with a leading '~', former
--       consumers) whose lease has run out. None if the lease to renew had run out itself: then the
--       server was away for longer than that, and the others are to renew theirs first
local consumers = KEYS[1]
local consumer, lease_ms, take = unpack(ARGV)

local deadline = redis.call('ZSCORE', consumers, consumer)
if take == '0' and not deadline then return nil end

write_nothing('ZREM', consumers)
local time = now()
redis.call('ZADD', consumers, time + lease_ms, consumer)
if deadline and tonumber(deadline) < time then return {} end
return redis.call('ZRANGEBYSCORE', consumers, '-inf', time, 'LIMIT', 0, 10)
