-- Give up a consumer's lease, and return whatever it still holds, in its order. The same when the
-- lease is lost: others have recovered what it held, but a blocking move may have brought it more
-- since, or Redis had forgotten the lease.
--
-- Should this fail half-way, the name is among the former consumers, and the rest is recovered.
--
-- remember_ms  for how long a former consumer is remembered
-- returns how many were returned
write_before_growing('ZREM', consumers)
redis.call('ZADD', consumers, now() + remember_ms, '~' .. consumer)
redis.call('ZREM', consumers, consumer)
redis.call('HDEL', seen, consumer)
open_batches()
-- The newest first, so that the oldest is next in line: what was handed off came last. And one by
-- one: all of them together may be more than fits into memory once more.
local receipts = held_receipts()
local handed_off = redis.call('LLEN', handoff)
for i = #receipts + handed_off, 1, -1 do
  local element = redis.call('LPOP', handoff)
  local receipt = not element and receipts[i]
  if receipt then element = keep_id(held(receipt), consumer .. '-' .. receipt) end
  local is_suspect = put_back(element)
  if receipt and is_suspect then
    keep_busy(receipt, key_of(element))
  elseif receipt then
    free(receipt)
  end
end
let_go_of_all()
redis.call('DEL', labels)
redis.call('DEL', handoff)
note_holder()
tell_returned()
-- A blocking move of its may still be under way: see recover.lua.
if remember_ms == '0' then redis.call('ZREM', consumers, '~' .. consumer) end
return handed_off + #receipts
