-- Read the schedules that are due, as many as fit into an answer, but at least one.
--
-- skip  how many to leave out
-- most  how many at most
-- returns { the server's time in ms since 1970, ms until the next one is due that is not due now or -1,
--         1 if there are more that are due, { name, spec, state }, ... }
local time = now()
local due = redis.call('ZRANGEBYSCORE', schedules, '-inf', time, 'LIMIT', tonumber(skip), tonumber(most))
local later = redis.call('ZRANGEBYSCORE', schedules, '(' .. time, '(inf', 'WITHSCORES', 'LIMIT', 0, 1)[2]
local answer = { time, later and later - time or -1, #due == tonumber(most) and 1 or 0 }

local room = most_bytes
for n, name in ipairs(due) do
  local spec = redis.call('HGET', schedule_specs, name) or ''
  room = room - #spec
  if n > 1 and room < 0 then
    answer[3] = 1
    break
  end
  answer[n + 3] = { name, spec, redis.call('HGET', schedule_states, name) or '' }
end
return answer
