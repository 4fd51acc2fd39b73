-- Where messages are taken from: first those that were returned, then the end of the list that consumers of
-- this queue read.
local pop = from == 'LEFT' and 'LPOP' or 'RPOP'

-- Take elements, as many as fit into an answer, at least one. It goes by steps, each at most three times as
-- long as those before it together: so of large elements that stand behind small ones few are taken only to
-- be returned. Returns them, and whether the next one did not fit.
local function take(count, with_list)
  local elements, taken, room = {}, 0, most_bytes

  -- Returns whether the next one did not fit.
  local function take_from(key, command)
    while taken < count do
      local wanted = math.min(count - taken, math.max(1, 3 * taken))
      local step = redis.call(command, key, wanted)
      local found, fit = step and #step or 0
      if found == 0 then break end
      fit, room = fitting(step, room)
      if taken == 0 then fit = 1 end
      for i = 1, fit do elements[taken + i] = step[i] end
      taken = taken + fit
      if fit < found then
        -- They are next from there as well, and no script writes to the list.
        for i = found, fit + 1, -1 do redis.call('RPUSH', returned, step[i]) end
        tell('returned')
        return true
      end
      if found < wanted then break end
    end
    return false
  end

  if count > 0 and redis.call('LLEN', returned) > 0 then
    -- An error for a key that is no list, before anything is taken that would be lost then.
    if with_list then redis.call('LLEN', list) end
    if take_from(returned, 'RPOP') then return elements, true end
  end
  return elements, with_list and take_from(list, pop)
end
