-- Take, renew or end the lease of a member in the group as a whole, and return the members.
--
-- lease_ms  the length of the lease, 0 to end it
-- returns { the number of leases that were shortened, the names of the members, sorted... }
local time = now()

local shortened = lease_ms == '0' and 0 or shorten_leases(members, time, lease_ms)
local gone = redis.call('ZREMRANGEBYSCORE', members, '-inf', time)
local is_changed = gone > 0
if lease_ms == '0' then
  is_changed = redis.call('ZREM', members, member) == 1 or is_changed
else
  is_changed = redis.call('ZADD', members, time + lease_ms, member) == 1 or is_changed
end
if is_changed then redis.call('PUBLISH', signal, 'members') end

local names = redis.call('ZRANGE', members, 0, -1)
table.sort(names)
return { shortened, unpack(names) }
