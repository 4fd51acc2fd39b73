-- Read delayed elements, the earliest first, as many as fit into an answer, but at least one.
--
-- skip       how many to leave out
-- count      how many to read at most
-- most_body  how many bytes of each body to read at most, or '' for all
-- returns { { { element, the size of the whole element, when it is due }, ... }, 1 if the next one did not fit }
skip, count = tonumber(skip), tonumber(count)
local found, room = {}, most_bytes

while #found < count do
  local wanted = math.min(count - #found, math.max(1, 3 * #found))
  local first = skip + #found
  local step = redis.call('ZRANGE', delayed, first, first + wanted - 1, 'WITHSCORES')
  for i = 1, #step, 2 do
    -- In front is the number that delay.lua gives it.
    local size = #step[i] - 10
    local element = cut(step[i]:sub(11))
    if #found > 0 and #element > room then return { found, 1 } end
    room = room - #element
    found[#found + 1] = { element, size, step[i + 1] }
  end
  if #step < 2 * wanted then break end
end
return { found, 0 }
