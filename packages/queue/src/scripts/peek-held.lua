-- Read elements that a consumer holds: as many as fit into an answer, but at least one.
--
-- count      how many to read at most
-- most_body  how many bytes of each body to read at most, or '' for all
-- returns { { element, the size of the whole element, its receipt or '' }, ... }
count = tonumber(count)
local found, room = {}, most_bytes

-- Returns false when there is no more room.
local function add(element, receipt)
  local short = cut(element)
  if #found >= count or #found > 0 and #short > room then return false end
  room = room - #short
  found[#found + 1] = { short, #element, receipt }
  return true
end

local function add_batch(batch)
  local first = batch:match('^%d+')
  for n, element in ipairs(cmsgpack.unpack(redis.call('HGET', batches, batch))) do
    if not add(element, string.format('%d', first + n - 1)) then return false end
  end
  return true
end

for _, batch in ipairs(redis.call('HKEYS', batches)) do
  if not add_batch(batch) then return found end
end
for _, receipt in ipairs(held_receipts()) do
  if not add(held(receipt), receipt) then return found end
end
for _, brought in ipairs(redis.call('LRANGE', handoff, 0, count)) do
  if not add(brought, '') then return found end
end
return found
