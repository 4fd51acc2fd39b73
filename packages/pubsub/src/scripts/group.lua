-- Take part in a queue group, show that a member lives, or leave.
-- Members whose lease ran out or whose socket is gone are left out. Whenever the membership changes,
-- and when a member joins, the members are published: that message stands between the same messages
-- of the channel for all of them, so from there on all agree on who gets which.
--
-- KEYS  the group: ZSET member by the end of its lease, ms
-- ARGV  join, beat or leave; member; lease in ms; the group's channel;
--       PUBLISH or SPUBLISH; NUMSUB or SHARDNUMSUB
-- returns how many members there are
local group = KEYS[1]
local step, member, leaseMs, channel, publish, numsub = unpack(ARGV)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local changed = step == 'join'

if step == 'leave' then
  changed = redis.call('ZREM', group, member) == 1
elseif redis.call('ZADD', group, now + leaseMs, member) == 1 then
  changed = true
end
-- All leases are of the same length: one that ends later was taken before the server's clock went back.
for _, name in ipairs(redis.call('ZRANGEBYSCORE', group, string.format('(%.0f', now + leaseMs), '+inf')) do
  redis.call('ZADD', group, now + leaseMs, name)
end
if redis.call('ZREMRANGEBYSCORE', group, '-inf', now) > 0 then changed = true end

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

if #alive > 0 then redis.call('PEXPIRE', group, leaseMs * 2) end
if changed then redis.call(publish, channel, table.concat(alive, ' ')) end
return #alive
