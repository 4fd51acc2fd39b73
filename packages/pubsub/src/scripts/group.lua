-- Take part in a queue group, show that a member lives, or leave.
-- Members whose lease ran out or whose socket is gone are left out. Whenever the membership changes,
-- and when a member joins, the members are published: that message stands between the same messages
-- of the channel for all of them, so from there on all agree on who gets which.
--
-- group     ZSET member by the end of its lease, ms
-- step      join, beat or leave
-- lease_ms  the length of a lease
-- channel   the group's
-- publish, numsub  PUBLISH and NUMSUB, or SPUBLISH and SHARDNUMSUB
-- returns how many members there are
local time = now()
local changed = step == 'join'

if step == 'leave' then
  changed = redis.call('ZREM', group, member) == 1
elseif redis.call('ZADD', group, time + lease_ms, member) == 1 then
  changed = true
end
-- All leases have the same length: a lease that ends later was taken before the server's clock went back.
for _, name in ipairs(redis.call('ZRANGEBYSCORE', group, string.format('(%.0f', time + lease_ms), '+inf')) do
  redis.call('ZADD', group, time + lease_ms, name)
end
if redis.call('ZREMRANGEBYSCORE', group, '-inf', time) > 0 then changed = true end

local members = redis.call('ZRANGE', group, 0, -1)
table.sort(members)
local alive = {}
for _, name in ipairs(members) do
  local listening = redis.call('PUBSUB', numsub, channel .. ':' .. name)[2]
  if name == member or listening > 0 then
    alive[#alive + 1] = name
  else
    redis.call('ZREM', group, name)
    changed = true
  end
end

if #alive > 0 then redis.call('PEXPIRE', group, lease_ms * 2) end
if changed then redis.call(publish, channel, table.concat(alive, ' ')) end
return #alive
