-- How many of these elements fit into so many bytes, and how many bytes are left then.
local function fitting(elements, room)
  for n = 1, #elements do
    local left = room - #elements[n]
    if left < 0 then return n - 1, room end
    room = left
  end
  return #elements, room
end

-- Take elements from the end of a list, as many as fit into an answer, at least one. It goes by steps,
-- each at most three times as long as those before it together: so of large elements that stand behind
-- small ones few are taken only to be put back.
-- Returns them, and whether the next one did not fit. Needs most_bytes.
local function take(list, pop, count)
  local elements, taken, room = {}, 0, most_bytes
  while taken < count do
    local wanted = math.min(count - taken, math.max(1, 3 * taken))
    local step = redis.call(pop, list, wanted)
    local found, fit = step and #step or 0
    if found == 0 then break end
    fit, room = fitting(step, room)
    if taken == 0 then fit = 1 end
    for i = 1, fit do elements[taken + i] = step[i] end
    taken = taken + fit
    if fit < found then
      for i = found, fit + 1, -1 do
        redis.call(pop == 'RPOP' and 'RPUSH' or 'LPUSH', list, step[i])
      end
      return elements, true
    end
    if found < wanted then break end
  end
  return elements, false
end

