-- Send the messages of ticks, and move their schedules on: of each both, or neither, if its state is another one than
-- when the messages were made. So however many do this, and whenever one of them dies, each tick is sent once.
--
-- plan  JSON: for each schedule { name, state that is expected, state from now on, when it is due next or 'inf', the key
--       by which its messages are sent once or false, { id of each of its messages as it stands in the header, ... } }
-- rest  the messages of all, as for `send`
-- returns a letter for each message: 's' if it was sent, 'o' if an earlier one of its schedule is not done, 'k' if its
--         key is full, 'l' if the schedule has moved on before
redis.call('LLEN', list)
redis.call('HLEN', once)
redis.call('HLEN', shape)
redis.call('ZCARD', schedules)
redis.call('HLEN', schedule_states)
check_places(given)
begin_sending()

local results, n = {}, 0

local function result_of(n, once_key, id)
  if once_key and redis.call('HEXISTS', once, once_key) == 1 then return 'o' end
  if has_full_key(n) then return 'k' end
  if once_key then begin_once(once_key, id) end
  send_message(n)
  return 's'
end

for _, schedule in ipairs(cjson.decode(plan)) do
  local name, expected, state, next_due, once_key, ids = unpack(schedule)
  local is_late = redis.call('HGET', schedule_states, name) ~= expected
  if not is_late then
    redis.call('HSET', schedule_states, name, state)
    redis.call('ZADD', schedules, next_due, name)
  end
  for _, id in ipairs(ids) do
    n = n + 1
    results[n] = is_late and 'l' or result_of(n, once_key, id)
  end
end

tell_due()
tell_arrived()
return table.concat(results)
