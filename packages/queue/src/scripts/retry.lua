-- Return deliveries for another attempt, each after its delay. Each is removed only when it is
-- there: a script that fails half-way is not undone.
--
-- rest  for each delivery: receipt, delay in ms
-- returns for each delivery 1, or 0 if it is no longer held
write_before_growing('HDEL', active)
open_batches()
local time = now()
local earliest = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')[2]
local sooner = false
local retried = 0
local reply, at_once = {}, {}

-- One element after the other: all of them together may be large.
local function counted(receipt)
  local attempt, _, text = read_envelope(held(receipt), consumer .. '-' .. receipt)
  return write_envelope(attempt + 1, false, text)
end

for i = rest, #ARGV, 2 do
  local receipt, delay_ms = ARGV[i], tonumber(ARGV[i + 1])
  local is_here = is_held(receipt)
  if is_here then
    if delay_ms > 0 then
      local due = time + delay_ms
      delay(due, counted(receipt))
      sooner = sooner or not earliest or due < tonumber(earliest)
      let_go(receipt)
    else
      at_once[#at_once + 1] = receipt
    end
    retried = retried + 1
  end
  reply[#reply + 1] = is_here and 1 or 0
end

-- The newest first, so that the oldest is next in line.
for i = #at_once, 1, -1 do
  put_first(counted(at_once[i]))
  let_go(at_once[i])
end

note_holder()
if retried > 0 then redis.call('HINCRBY', stats, 'retried', retried) end
if sooner then tell('delayed') end
tell_returned()
return reply
