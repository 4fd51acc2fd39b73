-- Renew a consumer's lease, and tell what it holds, whose leases have run out and who is there
-- without one.
--
-- idle_ms    how long a consumer without a lease may do nothing
-- unused_ms  how long one that holds nothing may
-- returns nil when there is no lease to renew, else { how many records are pending under the
--       consumer's name, consumers to recover... }. None and 0 if the lease to renew had run out
--       itself: then the server was away for longer than that, and the others are to renew theirs
--       first
local deadline = redis.call('ZSCORE', consumers, consumer)
if not deadline then return nil end

write_before_growing('ZREM', consumers)
local time = now()
redis.call('ZADD', consumers, time + lease_ms, consumer)
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
