-- Give up a consumer's lease, and put back whatever it still holds, in its order. The same when the
-- lease is lost: others have recovered what it held, but a blocking move may have brought it more
-- since, or Redis had forgotten the lease.
--
-- Should this fail half-way, the name is among the former consumers, and the rest is recovered.
--
-- KEYS  list, active, batches, handoff, suspects, consumers
-- ARGV  consumer, 'RPUSH' or 'LPUSH' (the end that is consumed), how long to remember it in ms,
--       channel
-- returns how many were put back
local list, active, batches, handoff, suspects, consumers = unpack(KEYS)
local consumer, push, remember_ms, signal = unpack(ARGV)

write_nothing('ZREM', consumers)
redis.call('ZADD', consumers, now() + remember_ms, '~' .. consumer)
redis.call('ZREM', consumers, consumer)
open_batches(batches, active)
-- The newest first, so that the oldest is next in line: what was handed off came last. And one by
-- one: all of them together may be more than fits into memory once more.
local receipts = redis.call('HKEYS', active)
table.sort(receipts, function(a, b) return tonumber(a) > tonumber(b) end)
local handed_off = redis.call('LLEN', handoff)
local with_suspect = false
for i = 1, handed_off + #receipts do
  local element = redis.call('LPOP', handoff)
  if not element then
    local receipt = receipts[i - handed_off]
    element = keep_id(redis.call('HGET', active, receipt), consumer .. '-' .. receipt)
  end
  with_suspect = give_back(element, list, suspects, push) or with_suspect
end
redis.call('DEL', active, handoff)
if with_suspect then redis.call('PUBLISH', signal, 'suspects') end
-- A blocking move of its may still be under way: see recover.lua.
if remember_ms == '0' then redis.call('ZREM', consumers, '~' .. consumer) end
return handed_off + #receipts
