-- Return deliveries for another attempt, each after its delay. Each is removed from the consumer only after it was
-- written to its new place, because a script that fails half-way is not undone.
--
-- holds_key  1 if a key waits for its message that has failed, 0 if its other messages pass that one
-- rest       for each delivery: receipt, delay in ms, how many µs it took, 1 if it is limited: then this was no attempt,
--            and nothing of its key (or of the queue, if it has none) starts before the delay is over
-- returns for each delivery 1, or 0 if it is no longer held
write_before_growing('HDEL', active)
open_batches()
local time = now()
local earliest = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')[2]
local sooner = false
local retried = 0
-- Where a message cannot be put, because that is of another type: it stays with the consumer.
local wrong_key
local reply, put_back_now, limited_until = {}, {}, 0

-- One element after the other, because all of them together may be large.
local function changed(receipt, attempts)
  local element = held(receipt)
  let_go_of_once(receipt, element)
  local attempt, _, text = read_envelope(element, consumer .. '-' .. receipt)
  return write_envelope(attempt + attempts, false, text)
end

for i = rest, #ARGV, 4 do
  local receipt, delay_ms, ran_us = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  local is_limited = ARGV[i + 3] == '1'
  local is_here = is_held(receipt)
  if is_here then
    local due = delay_ms > 0 and time + delay_ms
    if due and not is_limited and not (holds_key == '1' and busy_key(receipt)) then
      delay(due, changed(receipt, 1))
      let_go(receipt)
      sooner = sooner or not earliest or due < tonumber(earliest)
      free(receipt, ran_us)
    else
      put_back_now[#put_back_now + 1] = { receipt, ran_us, due, is_limited and 0 or 1 }
    end
    if not is_limited then retried = retried + 1 end
  end
  reply[#reply + 1] = is_here and 1 or 0
end

-- The newest first, so that the oldest is next in line.
for i = #put_back_now, 1, -1 do
  local receipt, ran_us, due, attempts = unpack(put_back_now[i])
  local wrong = wrong_place(held(receipt))
  if wrong then
    wrong_key = wrong
    retried = retried - attempts
  else
    local element = changed(receipt, attempts)
    put_first(element)
    keep_turn(receipt, element)
    let_go(receipt)
    local has_key = busy_key(receipt)
    free(receipt, ran_us, has_key and due or nil)
    if due and not has_key then limited_until = math.max(limited_until, due) end
  end
end

if limited_until > tonumber(redis.call('HGET', shape, 'limited_until') or 0) then
  redis.call('HSET', shape, 'limited_until', string.format('%.0f', limited_until))
  shape_changed()
end

note_holder()
if retried > 0 then redis.call('HINCRBY', stats, 'retried', retried) end
if sooner then tell('delayed') end
tell_returned()
if wrong_key then return wrong_type(wrong_key) end
return reply
