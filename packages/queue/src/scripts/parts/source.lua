-- Where messages are taken from: the end of the list that consumers of this queue read.
local pop, push = 'RPOP', 'RPUSH'
if from == 'LEFT' then pop, push = 'LPOP', 'LPUSH' end

-- Put an element where it is the next to be taken.
local function put_first(element)
  redis.call(push, list, element)
end

-- Take elements, as many as fit into an answer, at least one. It goes by steps, each at most three times as
-- long as those before it together: so of large elements that stand behind small ones few are taken only to
-- be returned. Returns them, and whether the next one did not fit.
local function take(count)
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
      for i = found, fit + 1, -1 do put_first(step[i]) end
      return elements, true
    end
    if found < wanted then break end
  end
  return elements, false
end
