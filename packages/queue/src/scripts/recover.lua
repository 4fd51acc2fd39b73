-- Put back what a consumer held when its lease ran out. One of these messages may have killed it:
-- each comes back as a suspect, and no consumer is given two suspects at a time. So when a
-- consumer dies with a suspect, that one is to blame: it counts against the limit of attempts.
--
-- A former consumer (with a leading '~') is looked at once more after a while, because a blocking
-- move of its that was still under way may have brought it one more element.
--
-- KEYS  consumers, active, batches, handoff, suspects, dead, stats
-- ARGV  overdue consumer as in consumers, the same without '~', limit of attempts, how long to
--       remember it in ms, channel
-- returns nil when it is not overdue (any more), else { put back, dead-lettered }
local consumers, active, batches, handoff, suspects, dead, stats = unpack(KEYS)
local overdue, consumer, max_attempts, remember_ms, signal = unpack(ARGV)

local time = now()
local deadline = redis.call('ZSCORE', consumers, overdue)
if not deadline or tonumber(deadline) > time then return nil end

write_nothing('ZREM', consumers)
open_batches(batches, active)
local receipts = redis.call('HKEYS', active)
table.sort(receipts, function(a, b) return tonumber(a) < tonumber(b) end)
-- What was handed off came last, the newest on the left.
local handed_off = redis.call('LLEN', handoff)
for i = handed_off, 1, -1 do receipts[#receipts + 1] = 'h' .. i end

local put_back, dead_lettered = 0, 0
-- One by one: all of them together may be more than fits into memory once more.
for _, receipt in ipairs(receipts) do
  local element = redis.call('HGET', active, receipt) or redis.call('RPOP', handoff)
  local attempt, suspect, rest = open(element, consumer .. '-' .. receipt)
  attempt = attempt + 1
  if suspect and attempt >= tonumber(max_attempts) then
    redis.call('XADD', dead, '*', 'reason', 'crashed',
      'error', 'its consumers died while they handled it', 'element', close(attempt, false, rest))
    dead_lettered = dead_lettered + 1
  else
    redis.call('LPUSH', suspects, close(attempt, true, rest))
    put_back = put_back + 1
  end
end

redis.call('DEL', active, handoff)
redis.call('ZREM', consumers, overdue)
if overdue == consumer then
  redis.call('ZADD', consumers, time + remember_ms, '~' .. consumer)
end
if #receipts > 0 then
  redis.call('HINCRBY', stats, 'recovered', put_back)
  redis.call('HINCRBY', stats, 'dead', dead_lettered)
  redis.call('PUBLISH', signal, 'suspects')
end
return { put_back, dead_lettered }
