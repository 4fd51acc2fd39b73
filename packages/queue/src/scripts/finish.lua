-- Acknowledge messages whose results are kept, that are followed by others, or that are members of flows.
--
-- rest  for each message: receipt, 0 if it was handled, 1 if it had expired, 2 if its flow was cancelled, 1 if there is a value, the value, how many µs it
--       took, how many messages follow it, and for each of these: its queue, its delay (see `post`), its time to live in
--       ms or 0, and the element
-- returns for each message 1, or 0 if it is no longer held
write_before_growing('HDEL', active)
open_batches()
local reply, counts = {}, { acked = 0, expired = 0, cancelled = 0 }
local hows = {
  ['0'] = { 'acked', 'done' }, ['1'] = { 'expired', 'expired' }, ['2'] = { 'cancelled', 'cancelled' },
}

local i = rest
while i <= #ARGV do
  local receipt, how, has_value, value, ran_us, follow_ups = unpack(ARGV, i, i + 5)
  local first_of_next = i + 6 + 4 * follow_ups
  local element = held(receipt)
  if element then
    local attempt = read_envelope(element, '')
    local counter, state = unpack(hows[how])
    local field = has_value == '1' and 'value' or nil
    keep_result(element, state, attempt + (how == '0' and 1 or 0), field, value)
    for n = i + 6, first_of_next - 1, 4 do post(unpack(ARGV, n, n + 3)) end
    let_go(receipt)
    end_held(receipt, element)
    end_member(element, state, field, value)
    free(receipt, tonumber(ran_us))
    counts[counter] = counts[counter] + 1
  end
  reply[#reply + 1] = element and 1 or 0
  i = first_of_next
end

note_holder()
post_ended()
for counter, count in pairs(counts) do finished(counter, count) end
tell_arrived()
return reply
