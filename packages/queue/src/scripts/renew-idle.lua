-- Renew the leases of consumers of plain queues that hold nothing and have nothing to look at, with few commands for each. For
-- all others it does nothing: they call `renew`, which says what there is.
--
-- KEYS          for each consumer: those that `renew-idle.ts` names, in its order
-- remember_ms   for how long a former consumer is remembered
-- keys_of_each  how many keys each has
-- rest          for each consumer: its name, the length of its lease in ms, and what it tells of itself, or '' if that was
--               written in this lease
-- returns for each consumer 0 if nothing was done, 1 if its lease was renewed, and 2 if it was, and the queue has delayed or
--       debounced messages or schedules
local time = now()
local has_written = false

-- at  the place of the first key
local function renew_idle(at, consumer, lease_ms, about)
  local consumers, registration = KEYS[at], KEYS[at + 1]
  if not has_written then
    write_before_growing('ZREM', consumers)
    has_written = true
  end
  local first = redis.call('ZRANGE', consumers, 0, 1, 'WITHSCORES')
  -- Of one of them the lease has run out, perhaps of this one.
  if not first[1] or tonumber(first[2]) <= time then return 0 end

  local answer = 1
  local found = redis.call('EXISTS', unpack(KEYS, at + 2, at + keys_of_each - 1))
  if found > 0 then
    local later = redis.call('EXISTS', KEYS[at + 2], KEYS[at + 3], KEYS[at + 4])
    if later < found then return 0 end
    answer = 2
  end
  if redis.call('ZADD', consumers, 'XX', 'CH', time + lease_ms, consumer) == 0 then return 0 end
  if first[3] then shorten_leases(consumers, time, lease_ms, remember_ms) end
  if about ~= '' then redis.call('SET', registration, about, 'PX', 2 * lease_ms) end
  return answer
end

local answers = {}
for n = 1, #KEYS / keys_of_each do
  local arg = rest + 3 * (n - 1)
  -- A key of another type is the trouble of its own queue.
  local is_done, answer =
    pcall(renew_idle, 1 + keys_of_each * (n - 1), ARGV[arg], ARGV[arg + 1], ARGV[arg + 2])
  answers[n] = is_done and answer or 0
end
return answers
