-- Return the messages that a consumer held when its lease ran out. One of these messages may have killed the consumer, so
-- all of them become suspects, and a consumer is given one suspect at a time. If a consumer dies while it holds a suspect,
-- this suspect was the cause, and its attempts count against the limit.
--
-- A former consumer (with a leading '~') is recovered once more after a while, because a blocking move that was still
-- pending may have brought it one more element.
--
-- overdue       the name in `consumers`
-- consumer      the name without '~'
-- max_attempts  the limit of attempts
-- remember_ms   for how long a former consumer is remembered
-- returns nil when the lease has not run out, else { the number of returned messages, the number of dead letters }
local time = now()
local deadline = redis.call('ZSCORE', consumers, overdue)
if not deadline or tonumber(deadline) > time then return nil end

write_before_growing('ZREM', consumers)
open_batches()
local receipts = held_receipts()
do
  local wrong = wrong_of_held(receipts, function(element)
    local _, suspect, text = read_envelope(element, '')
    local level, key = place_of(text)
    return key and wrong_list(key_prefix .. key)
      or wrong_list(suspects_of_level(level))
      or suspect and wrong_result(element)
  end)
  if wrong then return wrong_type(wrong) end
end

-- The elements in the handoff list came last, the newest on the left.
local handed_off = redis.call('LLEN', handoff)
for i = handed_off, 1, -1 do receipts[#receipts + 1] = 'h' .. i end

local returned, dead_lettered = 0, 0
local of_runs = {}
-- One by one, because all of them together may not fit into memory a second time.
for _, receipt in ipairs(receipts) do
  local element = held(receipt) or redis.call('RPOP', handoff)
  local attempt, suspect, text = read_envelope(element, consumer .. '-' .. receipt)
  attempt = attempt + 1
  if suspect and attempt >= tonumber(max_attempts) then
    add_dead_letter('crashed', 'its consumers died while they handled it',
      write_envelope(attempt, false, without_flow(text)), 'consumer', consumer)
    keep_error(element, 'dead', attempt, 'Error', 'its consumers died while they handled it')
    end_member(element, 'dead', 'error', cjson.encode({ name = 'Error', message = 'its consumers died while they handled it' }))
    dead_lettered = dead_lettered + 1
    end_once(element)
    free(receipt)
  elseif run_of(receipt) then
    of_runs[#of_runs + 1] = receipt
  else
    local level, key = place_of(text)
    redis.call('LPUSH', suspects_of_level(level), write_envelope(attempt, true, text))
    keep_busy(receipt, key)
    returned = returned + 1
  end
end

-- Of a run, one is a suspect at a time, or others could have them all at once: each becomes one when it is
-- the next of its key. The newest first, so that the oldest is the next.
for i = #of_runs, 1, -1 do
  local receipt = of_runs[i]
  local attempt, _, text = read_envelope(held(receipt), '')
  local element = write_envelope(attempt + 1, true, text)
  put_first(element)
  keep_turn(receipt, element)
  free(receipt)
  returned = returned + 1
end
if of_runs[1] then redis.call('HSET', fair, 'marked', 1) end

post_ended()
let_go_of_all()
redis.call('DEL', labels, onces, cancelled, registration)
redis.call('DEL', handoff)
note_holder()
redis.call('ZREM', consumers, overdue)
redis.call('HDEL', seen, consumer)
forget_pause_of(consumer)
if overdue == consumer then
  redis.call('ZADD', consumers, time + remember_ms, '~' .. consumer)
end
if #receipts > 0 then
  redis.call('HINCRBY', stats, 'recovered', returned)
  finished('dead', dead_lettered)
  tell('suspects')
  tell_returned()
  trim_dead_letters(dead_lettered)
end
return { returned, dead_lettered }
