-- End the lease of a consumer, and return the messages that it still holds, in their order. A consumer whose lease is lost
-- calls this, too: other consumers have recovered what it held, but a blocking move may have brought one more message
-- since, or Redis had lost the lease.
--
-- If this fails half-way, the name is already among the former consumers, so the rest is recovered.
--
-- remember_ms  for how long a former consumer is remembered
-- returns how many messages were returned
write_before_growing('ZREM', consumers)
open_batches()
local receipts = held_receipts()
do
  local wrong = wrong_of_held(receipts, wrong_place)
  if wrong then return wrong_type(wrong) end
end

redis.call('ZADD', consumers, now() + remember_ms, '~' .. consumer)
redis.call('ZREM', consumers, consumer)
redis.call('HDEL', seen, consumer)
forget_pause_of(consumer)
-- The newest first, so that the oldest is the next to be taken. The elements in the handoff list came last. One by one,
-- because all of them together may not fit into memory a second time.
local handed_off = redis.call('LLEN', handoff)
for i = #receipts + handed_off, 1, -1 do
  local element = redis.call('LPOP', handoff)
  local receipt = not element and receipts[i]
  if receipt then element = keep_id(held(receipt), consumer .. '-' .. receipt) end
  local is_suspect = put_back(element)
  if receipt and is_suspect then
    keep_busy(receipt, key_of(element))
  elseif receipt then
    keep_turn(receipt, element)
    free(receipt)
  end
end
let_go_of_all()
redis.call('DEL', labels, onces, cancelled, registration)
redis.call('DEL', handoff)
forget_times()
note_holder()
tell_returned()
-- A blocking move of this consumer may still be pending: see recover.lua.
if remember_ms == '0' then redis.call('ZREM', consumers, '~' .. consumer) end
return handed_off + #receipts
