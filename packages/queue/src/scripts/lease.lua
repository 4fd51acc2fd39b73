-- Acknowledge what has been settled and lease what comes next, in one round trip.
-- Refused as a whole when the consumer's lease is lost: then others have what it held.
--
-- KEYS  list, active, batches, handoff, suspects, consumers, stats
-- ARGV  consumer, 'RPOP' or 'LPOP', how many to lease (at most 1000), 1 if several may be one batch,
--       1 if a suspect may be among them, first receipt, receipt of the handed-off element or '', how many of the
--       acknowledged had expired, how many whole batches to acknowledge, these..., receipts to
--       acknowledge... (texts: Lua writes a number slowly)
-- returns nil when the lease is lost, else { now, suspect or nil, elements, 1 if the next one did not
--       fit into the answer }; the suspect has the first receipt, and the others the following
--       ones. Small elements come as MessagePack: the client takes that apart faster than hundreds
--       of replies
local list, active, batches, handoff, suspects, consumers, stats = unpack(KEYS)
local consumer, pop, count, as_batch, with_suspect, first, handed_off, expired, whole =
  unpack(ARGV)

if not redis.call('ZSCORE', consumers, consumer) then return nil end

-- A call that comes late, after its receipt was given otherwise, must not take the next element.
if handed_off ~= '' and redis.call('HEXISTS', active, handed_off) == 0 then
  local element = redis.call('LPOP', handoff)
  if element then redis.call('HSET', active, handed_off, element) end
end

if #ARGV > 9 then
  local acknowledged = acknowledge(
    batches, active, { unpack(ARGV, 10, 9 + whole) }, { unpack(ARGV, 10 + whole) })
  -- Fewer when they come a second time, because the answer got lost.
  local unhandled = math.min(expired, acknowledged)
  redis.call('HINCRBY', stats, 'acked', acknowledged - unhandled)
  if unhandled > 0 then redis.call('HINCRBY', stats, 'expired', unhandled) end
end

-- Before HSET, which a server that is out of memory refuses unless the script has written before;
-- and before a suspect is taken, which would be lost when this fails because the list is no list.
local elements, is_cut = take(list, pop, tonumber(count))
local suspect = with_suspect == '1' and redis.call('RPOP', suspects)
if suspect then
  redis.call('HSET', active, first, suspect)
  first = first + 1
end

local packed = elements[1] and #elements[1] < 512 and cmsgpack.pack(elements)
if packed and as_batch == '1' and elements[2] then
  redis.call('HSET', batches, first .. ':' .. #elements, packed)
elseif elements[1] then
  local leased, receipt = {}, tonumber(first)
  for i = 1, #elements do leased[2 * i - 1], leased[2 * i] = receipt + i - 1, elements[i] end
  redis.call('HSET', active, unpack(leased))
end

return { now(), suspect, packed or elements, is_cut and 1 or nil }
