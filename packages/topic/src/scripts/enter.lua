-- Take or renew a member's lease in the group as a whole, and tell who the members are.
--
-- lease_ms  0 to leave
-- returns { how many leases were shortened, the members in the order of their names... }
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
