-- Take a lease for a new consumer of a group, and create the group if it is missing.
--
-- from          the offset at which a new group begins, or $ for the latest
-- about         what the consumer tells of itself
-- is_exclusive  1 if no other consumer may hold a lease
-- member_ms     how long ago the member of this consumer has begun
-- returns nil when another consumer holds a lease that excludes this one, else { 1 if the lease was taken, 1 if the group
--       was created, consumers whose lease has run out... }. Such a consumer could still renew its lease, so with
--       is_exclusive no lease is taken while there are any: recover them first, and join again
write_before_growing('ZREM', consumers)
local time = now()
shorten_leases(consumers, time, lease_ms)
local others, overdue = 0, {}
for _, other in ipairs(redis.call('ZRANGEBYSCORE', consumers, '(' .. time, '+inf', 'LIMIT', 0, 2)) do
  if other ~= consumer then others = others + 1 end
end
if is_exclusive == '1' and others > 0 then return nil end

-- With $, a new group begins at the time when its member began. If the stream is younger than that, Redis has lost the
-- stream and the group meanwhile (FLUSHALL), and the group begins with the first record. A stream whose first record is
-- in the future does not count as younger: the clock was set back.
local oldest = from == '$' and redis.pcall('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
local published = oldest and tonumber(oldest[1]:match('^%d+'))
if published and published > time - member_ms and published <= time then from = '0-0' end

local made = redis.pcall('XGROUP', 'CREATE', stream, group, from, 'MKSTREAM')
local is_new = made.err == nil
if not is_new and not made.err:find('BUSYGROUP', 1, true) then return made end
-- Records that waited in a former group of this name, which was destroyed.
if is_new then redis.call('DEL', delayed, suspects) end

for _, other in ipairs(redis.call('ZRANGEBYSCORE', consumers, '-inf', time, 'LIMIT', 0, 100)) do
  if other ~= consumer then overdue[#overdue + 1] = other end
end
local is_free = is_exclusive ~= '1' or #overdue == 0
if is_free then
  redis.call('ZADD', consumers, time + lease_ms, consumer)
  redis.call('SET', registration, about, 'PX', lease_ms)
end
return { is_free and 1 or 0, is_new and 1 or 0, unpack(overdue) }
