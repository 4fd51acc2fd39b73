-- Tell a consumer the receipts of everything it holds, for when an answer got lost and it may hold
-- more than it knows. What a blocking move has brought gets a receipt, unless the consumer has given
-- it one. What it did not know of it gets by fetch.lua.
--
-- first       the first receipt to give
-- handed_off  the receipt that the newest handed-off element was given, or ''
-- returns nil when the lease is lost, else { receipt, ... }, oldest first
if not redis.call('ZSCORE', consumers, consumer) then return nil end
write_before_growing('HDEL', active)
open_batches()
hold_handed_off(handed_off)
local receipt = tonumber(first)
while true do
  local element = redis.call('RPOP', handoff)
  if not element then break end
  hold(receipt, { element })
  receipt = receipt + 1
end
return held_receipts()
