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

-- One element after the other: all of them together may be large.
local function counted(receipt)
  local attempt, _, rest = open(redis.call('HGET', active, receipt), consumer .. '-' .. receipt)
  return close(attempt + 1, false, rest)
end

for i = 4, #ARGV, 2 do
  local receipt, delay_ms = ARGV[i], tonumber(ARGV[i + 1])
  local is_held = redis.call('HEXISTS', active, receipt)
  if is_held == 1 then
    if delay_ms > 0 then
      local due = time + delay_ms
      delay(delayed, due, counted(receipt))
      sooner = sooner or not earliest or due < tonumber(earliest)
      redis.call('HDEL', active, receipt)
    else
      at_once[#at_once + 1] = receipt
    end
    retried = retried + 1
  end
  reply[#reply + 1] = is_held
end

-- The newest first, so that the oldest is next in line.
for i = #at_once, 1, -1 do
  redis.call(push, list, counted(at_once[i]))
  redis.call('HDEL', active, at_once[i])
end

if retried > 0 then redis.call('HINCRBY', stats, 'retried', retried) end
if sooner then redis.call('PUBLISH', signal, 'delayed') end
return reply
