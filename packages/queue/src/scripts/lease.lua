-- Acknowledge what has been settled and lease what comes next, in one round trip.
-- Refused as a whole when the consumer's lease is lost: then others have what it held.
--
-- KEYS  list, active, handoff, suspects, consumers, stats
-- ARGV  consumer, 'RPOP' or 'LPOP', how many to lease, 1 if a suspect may be among them,
--       first receipt, receipt of the handed-off element or '', how many of the acknowledged had
--       expired, receipts to acknowledge...
-- returns nil when the lease is lost, else { now, suspect or nil, element... }; the suspect has
--       the first receipt, and the others the following ones
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

-- First of all, because it fails when the list is something else: a suspect would be lost.
local elements = count ~= '0' and redis.call(pop, list, count) or {}
local reply = { now(), false }
local leased = {}
local receipt = tonumber(first)

if with_suspect == '1' then
  local element = redis.call('RPOP', suspects)
  if element then
    reply[2] = element
    leased = { receipt, element }
    receipt = receipt + 1
  end
end

for i, element in ipairs(elements) do
  reply[2 + i] = element
  leased[#leased + 1] = receipt
  leased[#leased + 1] = element
  receipt = receipt + 1
end

if #leased > 0 then redis.call('HSET', active, unpack(leased)) end
return reply
