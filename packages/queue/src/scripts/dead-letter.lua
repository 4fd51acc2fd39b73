-- Move deliveries to the dead letters. Each is removed only when it is there: a script that fails
-- half-way is not undone.
--
-- KEYS  active, batches, dead, stats
-- ARGV  consumer, then for each delivery: receipt, reason, error
-- returns for each delivery 1, or 0 if it is no longer held
local active, batches, dead, stats = unpack(KEYS)
local consumer = ARGV[1]
local moved = 0
write_nothing('HDEL', active)
open_batches(batches, active)
local reply = {}

for i = 2, #ARGV, 3 do
  local receipt, reason, message = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local element = redis.call('HGET', active, receipt)
  if element then
    local attempt, _, rest = open(element, consumer .. '-' .. receipt)
    redis.call('XADD', dead, '*', 'reason', reason, 'error', message,
      'element', close(attempt + 1, false, rest))
    redis.call('HDEL', active, receipt)
    moved = moved + 1
  end
  reply[#reply + 1] = element and 1 or 0
end

if moved > 0 then redis.call('HINCRBY', stats, 'dead', moved) end
return reply
