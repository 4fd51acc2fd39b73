-- Acknowledge what has been settled and lease what comes next, in one round trip.
-- Refused as a whole when the consumer's lease is lost: then others have what it held.
--
-- count         how many to lease, at most 1000
-- as_batch      1 if several may be one batch
-- with_list     1 if they may be from the list, 0 if only from those that were returned
-- with_suspect  1 if a suspect may be among them
-- first         the receipt of the first one, as a text: Lua writes a number slowly
-- handed_off    the receipt of what a blocking move has brought, or ''
-- expired       how many of the acknowledged had expired
-- rest          so many (`whole`) whole batches to acknowledge, then receipts to acknowledge
-- returns nil when the lease is lost, else { now, suspect or nil, elements, 1 if the next one did not
--       fit into the answer }; the suspect has the first receipt, and the others the following
--       ones. Small elements come as MessagePack: the client takes that apart faster than hundreds
--       of replies
if not redis.call('ZSCORE', consumers, consumer) then return nil end

hold_handed_off(handed_off)

if #ARGV >= rest then
  local acknowledged = acknowledge(
    { unpack(ARGV, rest, rest - 1 + whole) }, { unpack(ARGV, rest + whole) })
  -- Fewer when they come a second time, because the answer got lost.
  local unhandled = math.min(expired, acknowledged)
  finished('acked', acknowledged - unhandled)
  finished('expired', unhandled)
end

-- Before HSET, which a server that is out of memory refuses unless the script has written before;
-- and before a suspect is taken, which would be lost when this fails because the list is no list.
local elements, is_cut = take(tonumber(count), with_list == '1')
local suspect = with_suspect == '1' and redis.call('RPOP', suspects)
if suspect then
  hold(first, { suspect })
  first = first + 1
end

local packed = elements[1] and #elements[1] < 512 and cmsgpack.pack(elements)
if elements[1] then
  local is_batch = as_batch == '1' and elements[2]
  hold(first, elements, is_batch and packed)
end

return { now(), suspect, packed or elements, is_cut and 1 or nil }
