-- Renew the lease of a consumer. Return the number of records that it holds, and the consumers to recover: those whose
-- lease has run out, and idle ones without a lease.
--
-- about      what the consumer tells of itself
-- idle_ms    how long a consumer that holds records but no lease may be idle
-- unused_ms  how long a consumer that holds neither records nor a lease may be idle
-- returns nil when there is no lease to renew, else { the number of records that are pending under the name of the
--       consumer, consumers to recover... }. If the lease had run out already, this is { 0 }: the server was away for
--       longer than the lease, and the other consumers get the time to renew theirs first
local deadline = redis.call('ZSCORE', consumers, consumer)
if not deadline then return nil end

write_before_growing('ZREM', consumers)
local time = now()
redis.call('ZADD', consumers, time + lease_ms, consumer)
redis.call('SET', registration, about, 'PX', lease_ms)
shorten_leases(consumers, time, lease_ms)
if tonumber(deadline) < time then return { 0 } end

local mine = 0
local overdue = redis.call('ZRANGEBYSCORE', consumers, '-inf', time, 'LIMIT', 0, 10)
for _, info in ipairs(redis.call('XINFO', 'CONSUMERS', stream, group)) do
  local other = {}
  for i = 1, #info, 2 do other[info[i]] = info[i + 1] end
  local limit = tonumber(other.pending > 0 and idle_ms or unused_ms)
  if other.name == consumer then mine = other.pending end
  local is_stray = other.name ~= waiting and not redis.call('ZSCORE', consumers, other.name)
  if is_stray and other.idle >= limit then overdue[#overdue + 1] = other.name end
end
table.insert(overdue, 1, mine)
return overdue
