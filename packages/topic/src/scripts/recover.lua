-- Return the records that a consumer held when its lease ran out. One of these records may have killed the consumer, so
-- all of them become suspects, and a consumer is given one suspect at a time. If a consumer dies while it holds a suspect,
-- this suspect was the cause, and its attempts count against the limit.
--
-- idle_ms  of a consumer without a lease, only records that were not touched for so long are recovered
-- returns nil when the lease has not run out, else { the number of returned records, the number of dead letters }
local deadline = redis.call('ZSCORE', consumers, consumer)
if deadline and tonumber(deadline) > now() then return nil end
redis.call('ZREM', consumers, consumer)
redis.call('DEL', registration)

local handed_on, dead_lettered = 0, 0
local least_idle = deadline and 0 or idle_ms
local held = redis.call('XPENDING', stream, group, 'IDLE', least_idle, '-', '+', most_held, consumer)
for _, pending in ipairs(held) do
  local offset, attempt = pending[1], pending[4]
  local is_to_blame = redis.call('ZSCORE', suspects, offset) and attempt >= tonumber(max_attempts)
  local entry = is_to_blame and redis.call('XRANGE', stream, offset, offset)[1]
  if entry then
    redis.call('XADD', dead, '*', 'reason', 'crashed', 'error',
      'its consumers died while they handled it', 'offset', offset, 'attempt', attempt,
      unpack(kept_fields(entry[2])))
    redis.call('XACK', stream, group, offset)
    redis.call('ZREM', suspects, offset)
    dead_lettered = dead_lettered + 1
  else
    redis.call('XCLAIM', stream, group, waiting, 0, offset, 'JUSTID')
    redis.call('ZADD', suspects, place(offset), offset)
    handed_on = handed_on + 1
  end
end

if not redis.call('XPENDING', stream, group, '-', '+', 1, consumer)[1] then
  redis.call('XGROUP', 'DELCONSUMER', stream, group, consumer)
end
if #held > 0 then
  redis.call('HINCRBY', stats, 'recovered', handed_on)
  redis.call('HINCRBY', stats, 'dead', dead_lettered)
  redis.call('PUBLISH', signal, 'waiting')
end
return { handed_on, dead_lettered }
