-- The elements of one answer: as many as fit into it, at least one.
local taken, room = {}, most_bytes
-- The key that nothing can be taken from, because it is of another type.
local wrong_key

-- Take elements from an end of a list, until there are `count`. It goes by steps, each at most three times as long as
-- those before it together: so of large elements that stand behind small ones few are taken only to be returned.
-- What does not fit returns to the right of `back`, where it is next. Returns whether there was such a one, or `wrong_key`.
local function take_from(key, command, count, back)
  while #taken < count do
    local wanted = math.min(count - #taken, math.max(1, 3 * #taken))
    local step = try(command, key, wanted)
    if step == nil then
      wrong_key = key
      return true
    end
    local found, fit = step and #step or 0
    if found == 0 then break end
    fit, room = fitting(step, room)
    if #taken == 0 then fit = 1 end
    local before = #taken
    for i = 1, fit do taken[before + i] = step[i] end
    if fit < found then
      for i = found, fit + 1, -1 do redis.call('RPUSH', back, step[i]) end
      tell('returned')
      return true
    end
    if found < wanted then break end
  end
  return false
end
