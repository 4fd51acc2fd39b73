-- How many of these elements fit into so many bytes, and how many bytes are left then.
local function fitting(elements, room)
  for n, element in ipairs(elements) do
    if #element > room then return n - 1, room end
    room = room - #element
  end
  return #elements, room
end

-- Take elements from the end of a list, as many as fit into an answer. It goes by steps, each at most
-- three times as long as those before it together: so of large elements that stand behind small ones
-- few are taken only to be put back.
-- Returns how many, the elements of each step, all of them as MessagePack if the first one is small,
-- and whether the next one did not fit. Only large elements are measured one by one.
-- Needs most_bytes.
local function take(list, pop, count)
  local steps, packed, taken, room, is_small = {}, { '' }, 0, most_bytes, false
  while taken < count do
    local wanted = math.min(count - taken, math.max(1, 3 * taken))
    local step = redis.call(pop, list, wanted)
    if not step or not step[1] then break end
    if taken == 0 then is_small = #step[1] < 512 end
    local found, fit = #step, #step
    local pack = is_small and cmsgpack.pack(unpack(step))
    if pack and #pack <= room then
      room = room - #pack
    else
      fit, room = fitting(step, room)
      if taken == 0 then fit = 1 end
      for i = found, fit + 1, -1 do
        redis.call(pop == 'RPOP' and 'RPUSH' or 'LPUSH', list, step[i])
        step[i] = nil
      end
      pack = is_small and fit > 0 and cmsgpack.pack(unpack(step))
    end
    taken = taken + fit
    if fit > 0 then
      steps[#steps + 1], packed[#packed + 1] = step, pack or nil
    end
    if fit < found then return taken, steps, is_small and packed, true end
    if found < wanted then break end
  end
  return taken, steps, is_small and packed, false
end

