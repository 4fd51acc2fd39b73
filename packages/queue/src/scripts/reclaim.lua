-- Return the receipts of all messages that a consumer holds. It is called after an answer was lost, when the consumer may
-- hold messages that it does not know. An element that a blocking move has brought gets a receipt, unless the consumer
-- has given it one. The consumer gets the unknown elements by fetch.lua.
--
-- first       the first receipt to give
-- handed_off  the receipt that the consumer has given to the newest element of the handoff list, or ''
-- returns nil when the lease is lost, else { receipt, ... }, oldest first
if not redis.call('ZSCORE', consumers, consumer) then return nil end
write_before_growing('HDEL', active)
open_batches()
local brought = hold_handed_off(handed_off)
if brought then hold_once(handed_off, { brought }) end
local receipt = tonumber(first)
while true do
  local element = redis.call('RPOP', handoff)
  if not element then break end
  hold(receipt, { element })
  hold_once(receipt, { element })
  receipt = receipt + 1
end
return held_receipts()
