-- Take or renew a consumer's lease, and tell what it holds and whose leases have run out.
--
-- KEYS  consumers, active, batches, handoff
-- ARGV  consumer, length of the lease in ms, 1 to take it and 0 to renew it
-- returns nil when there is no lease to renew, else { how many messages it holds, consumers (or, with
--       a leading '~', former consumers) whose lease has run out... }. None of these if the lease to
--       renew had run out itself: then the server was away for longer than that, and the others are
--       to renew theirs first
local consumers, active, batches, handoff = unpack(KEYS)
local consumer, lease_ms, take = unpack(ARGV)

local deadline = redis.call('ZSCORE', consumers, consumer)
if take == '0' and not deadline then return nil end

write_nothing('ZREM', consumers)
local time = now()
redis.call('ZADD', consumers, time + lease_ms, consumer)
shorten_leases(consumers, time, lease_ms)

local held = redis.call('HLEN', active) + redis.call('LLEN', handoff)
for _, batch in ipairs(redis.call('HKEYS', batches)) do held = held + batch:match('%d+$') end
if deadline and tonumber(deadline) < time then return { held } end
return { held, unpack(redis.call('ZRANGEBYSCORE', consumers, '-inf', time, 'LIMIT', 0, 10)) }
