-- Acknowledge what has been settled and lease what comes next, in one round trip.
-- Refused as a whole when the consumer's lease is lost: then others have what it held.
--
-- KEYS  list, active, handoff, suspects, consumers, stats
-- ARGV  consumer, 'RPOP' or 'LPOP', how many to lease, 1 if a suspect may be among them,
--       first receipt, receipt of the handed-off element or '', how many of the acknowledged had
--       expired, receipts to acknowledge... (texts: Lua writes a number slowly)
-- returns nil when the lease is lost, else { now, how many are active now, how many are handed off
--       and not adopted, suspect or nil, { element... } }; the suspect has the first receipt, and
--       the others the following ones. Small elements come in one block of MessagePack instead: the
--       client takes that apart faster than hundreds of replies
local list, active, handoff, suspects, consumers, stats = unpack(KEYS)
local consumer, pop, count, with_suspect, first, handed_off, expired = unpack(ARGV)

if not redis.call('ZSCORE', consumers, consumer) then return nil end

if handed_off ~= '' then
  local element = redis.call('LPOP', handoff)
  if element then redis.call('HSET', active, handed_off, element) end
end

if #ARGV > 7 then
  local acknowledged = redis.call('HDEL', active, unpack(ARGV, 8))
  -- Fewer when they come a second time, because the answer got lost.
  local unhandled = math.min(expired, acknowledged)
  redis.call('HINCRBY', stats, 'acked', acknowledged - unhandled)
  if unhandled > 0 then redis.call('HINCRBY', stats, 'expired', unhandled) end
end

-- Before HSET, which a server that is out of memory refuses unless the script has written before;
-- and before a suspect is taken, which would be lost when this fails because the list is no list.
local elements = count ~= '0' and redis.call(pop, list, count) or {}
local suspect = with_suspect == '1' and redis.call('RPOP', suspects)
local leased = suspect and { first, suspect } or {}
local n, receipt = #leased, tonumber(first) + #leased / 2

for i = 1, #elements do
  leased[n + 1] = receipt
  leased[n + 2] = elements[i]
  n, receipt = n + 2, receipt + 1
end

if n > 0 then redis.call('HSET', active, unpack(leased)) end
local is_small = elements[1] and #elements[1] < 512
return {
  now(), redis.call('HLEN', active), redis.call('LLEN', handoff), suspect,
  is_small and cmsgpack.pack(elements) or elements,
}
