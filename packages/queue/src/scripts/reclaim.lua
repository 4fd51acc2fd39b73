-- Tell a consumer the receipts of everything it holds, for when an answer got lost and it may hold
-- more than it knows. What a blocking move has brought gets a receipt, unless the consumer has given
-- it one. What it did not know of it gets by fetch.lua.
--
-- KEYS  active, batches, handoff, consumers
-- ARGV  consumer, first receipt, receipt already given to the newest handed-off element or ''
-- returns nil when the lease is lost, else { receipt, ... }
local active, batches, handoff, consumers = unpack(KEYS)
local consumer, receipt, given = ARGV[1], tonumber(ARGV[2]), ARGV[3]

if not redis.call('ZSCORE', consumers, consumer) then return nil end
write_nothing('HDEL', active)
open_batches(batches, active)
if given ~= '' and redis.call('HEXISTS', active, given) == 0 then
  local element = redis.call('LPOP', handoff)
  if element then redis.call('HSET', active, given, element) end
end
while true do
  local element = redis.call('RPOP', handoff)
  if not element then break end
  redis.call('HSET', active, receipt, element)
  receipt = receipt + 1
end
return redis.call('HKEYS', active)
