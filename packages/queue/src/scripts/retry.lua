-- Give deliveries back for another attempt, each after its delay. Each is removed only when it is
-- there: a script that fails half-way is not undone.
--
-- KEYS  list, active, batches, delayed, stats
-- ARGV  consumer, 'RPUSH' or 'LPUSH' (the end that is consumed), channel, then for each delivery:
--       receipt, delay in ms
-- returns for each delivery 1, or 0 if it is no longer held
local list, active, batches, delayed, stats = unpack(KEYS)
local consumer, push, signal = unpack(ARGV)

write_nothing('HDEL', active)
open_batches(batches, active)
local time = now()
local earliest = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')[2]
local sooner = false
local retried = 0
local reply, at_once = {}, {}

for i = 4, #ARGV, 2 do
  local receipt, delay_ms = ARGV[i], tonumber(ARGV[i + 1])
  local element = redis.call('HGET', active, receipt)
  if element then
    local attempt, _, rest = open(element, consumer .. '-' .. receipt)
    element = close(attempt + 1, false, rest)
    if delay_ms > 0 then
      local due = time + delay_ms
      delay(delayed, due, element)
      sooner = sooner or not earliest or due < tonumber(earliest)
      redis.call('HDEL', active, receipt)
    else
      at_once[#at_once + 1] = { receipt, element }
    end
    retried = retried + 1
  end
  reply[#reply + 1] = element and 1 or 0
end

-- The newest first, so that the oldest is next in line.
for i = #at_once, 1, -1 do
  redis.call(push, list, at_once[i][2])
  redis.call('HDEL', active, at_once[i][1])
end

if retried > 0 then redis.call('HINCRBY', stats, 'retried', retried) end
if sooner then redis.call('PUBLISH', signal, 'delayed') end
return reply
