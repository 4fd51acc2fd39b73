-- Count the messages, list the consumers, and return the shape of the queue.
--
-- returns { pending, delayed, dead, { consumer, ... }, { counter, value, ... }, { field of the shape, value, ... },
--       the server's time, in ms since 1970, { how many wait at level 0, ... }, schedules, { how many entries wait in the
--       outboxes, id of the oldest one or '' }, flows }: without levels where no message had a priority yet
local counts, sum, delayed_count = waiting()
local by_level = {}
for level = 0, counts[0] and 9 or -1 do by_level[level + 1] = counts[level] end

local posted, oldest, oldest_ms = 0, '', math.huge
for _, target in ipairs(redis.call('HKEYS', outboxes)) do
  local outbox = outbox_prefix .. target
  posted = posted + redis.call('XLEN', outbox)
  local first = redis.call('XRANGE', outbox, '-', '+', 'COUNT', 1)[1]
  local ms = first and tonumber(first[1]:match('^%d+'))
  if ms and ms < oldest_ms then oldest, oldest_ms = first[1], ms end
end

return {
  sum,
  delayed_count,
  redis.call('XLEN', dead),
  redis.call('ZRANGE', consumers, 0, -1),
  redis.call('HGETALL', stats),
  redis.call('HGETALL', shape),
  now(),
  by_level,
  redis.call('ZCARD', schedules),
  { posted, oldest },
  redis.call('ZCARD', flows),
}
