-- Move delayed and debounced messages that are due to the returned ones, behind those that are there. Not many bytes at a
-- time: this holds up everything else. And it goes by steps, each at most three times as long as those
-- before it together: so of large messages behind small ones few are read in vain.
--
-- most  how many at most
-- returns { how many were moved, ms until the next is due or -1, ms until the next schedule is due or -1, 0 if one is }
most = tonumber(most)
local moved, room = 0, most_bytes

-- An error for a key of another type, before anything is put elsewhere that stays in `delayed`, too.
redis.call('LLEN', returned)
local time = now()
local wrong_key
while moved < most and room > 0 do
  local wanted = math.min(most - moved, 32, math.max(1, 3 * moved))
  local due = redis.call('ZRANGEBYSCORE', delayed, '-inf', time, 'LIMIT', 0, wanted)
  if #due == 0 then break end
  if moved == 0 then write_before_growing('ZREM', delayed) end
  local elements = {}
  for i, member in ipairs(due) do
    if room <= 0 then break end
    room = room - #member
    -- Without the number in front: see delay.lua.
    elements[i] = member:sub(11)
    wrong_key = wrong_key or wrong_place(elements[i])
  end
  if wrong_key then break end
  put_all_last(elements)
  redis.call('ZREMRANGEBYRANK', delayed, 0, #elements - 1)
  moved = moved + #elements
  if #due < wanted then break end
end

-- At least one, so that many delayed ones do not hold them up.
local is_first = true
while not wrong_key and (is_first or moved < most and room > 0) do
  is_first = false
  local key = redis.call('ZRANGEBYSCORE', debounced, '-inf', time, 'LIMIT', 0, 1)[1]
  if not key then break end
  write_before_growing('ZREM', debounced)
  room = room - end_debounce(key)
  moved = moved + 1
end

tell_returned()
if wrong_key then return wrong_type(wrong_key) end
local next_due
for _, key in ipairs({ delayed, debounced }) do
  local due = tonumber(redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2])
  if due then next_due = math.min(next_due or due, due) end
end
local tick = tonumber(redis.call('ZRANGE', schedules, 0, 0, 'WITHSCORES')[2])
return {
  moved,
  next_due and math.max(0, next_due - time) or -1,
  tick and tick < math.huge and math.max(0, tick - time) or -1,
}
