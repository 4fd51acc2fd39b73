-- Tell a consumer again what it holds under these receipts, as much as fits into an answer.
-- Needs most_bytes.
--
-- KEYS  active, consumers
-- ARGV  consumer, receipts...
-- returns nil when the lease is lost, else the elements of the first of these receipts, at least of
--       one, with nil for one that is no longer held
local active, consumers = unpack(KEYS)

if not redis.call('ZSCORE', consumers, ARGV[1]) then return nil end
local elements, room = {}, most_bytes
for i = 2, #ARGV do
  local element = redis.call('HGET', active, ARGV[i])
  room = room - (element and #element or 0)
  if room < 0 and i > 2 then break end
  elements[i - 1] = element
end
return elements
