-- Move deliveries to the dead letters. Each is removed from the consumer only after it was written to the dead letters,
-- because a script that fails half-way is not undone.
--
-- process  the host and the process of the consumer
-- rest  for each delivery: receipt, reason, error, stack, how many µs it took, and what is kept as its result, if that is kept
-- returns for each delivery 1, or 0 if it is no longer held
local moved = 0
write_before_growing('HDEL', active)
open_batches()
local reply = {}
-- The key of a result that is of another type: its message stays with the consumer.
local wrong_key

for i = rest, #ARGV, 6 do
  local receipt, reason, message, stack, ran_us, kept_error = unpack(ARGV, i, i + 5)
  local element = held(receipt)
  local wrong
  if element then
    local attempt = read_envelope(element, consumer .. '-' .. receipt)
    wrong = keep_result(element, 'dead', attempt + 1, 'error', kept_error)
    wrong_key = wrong or wrong_key
  end
  if element and not wrong then
    local attempt, _, text = read_envelope(element, consumer .. '-' .. receipt)
    add_dead_letter(reason, message, write_envelope(attempt + 1, false, without_flow(text)),
      'consumer', consumer, 'process', process, 'ran', ran_us, 'stack', stack)
    let_go(receipt)
    end_held(receipt, element)
    end_member(element, 'dead', 'error', kept_error)
    free(receipt, tonumber(ran_us))
    moved = moved + 1
  end
  reply[#reply + 1] = element and 1 or 0
end

post_ended()
note_holder()
finished('dead', moved)
tell_arrived()
trim_dead_letters(moved)
if wrong_key then return wrong_type(wrong_key) end
return reply
