-- Return the elements that a consumer holds under these receipts again, as many as fit into an answer.
--
-- rest  receipts
-- returns nil when the lease is lost, else the elements of the first receipts, at least one, with nil for an element that
--       is no longer held
if not redis.call('ZSCORE', consumers, consumer) then return nil end
local elements, room = {}, most_bytes
for i = rest, #ARGV do
  local element = held(ARGV[i])
  room = room - (element and #element or 0)
  if room < 0 and i > rest then break end
  elements[i - rest + 1] = element
end
return elements
