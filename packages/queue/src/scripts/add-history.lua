-- Add records of settled messages to the history, as one entry, and delete entries above its bounds: those without which
-- there are still `max_length` records, and those that are older than `max_age_ms`.
--
-- count  how many records
-- rest   fields of the entry, with their values
-- returns the id of the entry
local total = redis.call('HINCRBY', stats, 'recorded', count)
local id = redis.call('XADD', history, '*', unpack(ARGV, rest))
redis.call('ZADD', history_ends, total, id)
-- What ends at this number or before is not needed.
local surplus = string.format('%.0f', total - max_length)
local last = redis.call('ZRANGEBYSCORE', history_ends, '-inf', surplus, 'LIMIT', 0, 100)
if last[1] then
  redis.call('XDEL', history, unpack(last))
  redis.call('ZREM', history_ends, unpack(last))
end
local oldest = string.format('%.0f', math.max(0, now() - max_age_ms))
for _ = 1, 10 do
  local first = redis.call('ZRANGE', history_ends, 0, 0)[1]
  if not first or tonumber(first:match('^%d+')) >= tonumber(oldest) then break end
  redis.call('XDEL', history, first)
  redis.call('ZREM', history_ends, first)
end
redis.call('PEXPIRE', history, string.format('%.0f', max_age_ms))
redis.call('PEXPIRE', history_ends, string.format('%.0f', max_age_ms))
return id
