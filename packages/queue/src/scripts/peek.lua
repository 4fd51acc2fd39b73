-- Read elements at one end of a list, as many as fit into an answer, but at least one. They are read in steps, as in
-- parts/source.
--
-- from       'RIGHT' or 'LEFT'
-- skip       how many to leave out
-- count      how many to read at most
-- most_body  how many bytes of each body to read at most, or '' for all
-- returns { elements, 1 if the next one did not fit into the answer, the size of each whole element }, those at the end first
skip, count = tonumber(skip), tonumber(count)
local elements, sizes, room = {}, {}, most_bytes

while #elements < count do
  local wanted = math.min(count - #elements, math.max(1, 3 * #elements))
  local first = skip + #elements
  local step = from == 'LEFT' and redis.call('LRANGE', list, first, first + wanted - 1)
    or redis.call('LRANGE', list, -first - wanted, -first - 1)
  local found = #step
  if from == 'RIGHT' then
    for i = 1, math.floor(found / 2) do step[i], step[found + 1 - i] = step[found + 1 - i], step[i] end
  end
  local whole = {}
  for i = 1, found do whole[i], step[i] = #step[i], cut(step[i]) end
  local fit
  fit, room = fitting(step, room)
  if #elements == 0 and found > 0 then fit = 1 end
  for i = 1, fit do elements[#elements + 1], sizes[#sizes + 1] = step[i], whole[i] end
  if fit < found then return { elements, 1, sizes } end
  if found < wanted then break end
end
return { elements, 0, sizes }
