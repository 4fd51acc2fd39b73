-- Acknowledge messages whose results are kept, or that are followed by others.
--
-- rest  for each message: receipt, 1 if it was not handled but had expired, 1 if there is a value, the value, how many µs it
--       took, how many messages follow it, and for each of these: its queue, its delay (see `post`), its time to live in
--       ms or 0, and the element
-- returns for each message 1, or 0 if it is no longer held
write_before_growing('HDEL', active)
open_batches()
local reply, acked, expired = {}, 0, 0

local i = rest
while i <= #ARGV do
  local receipt, is_expired, has_value, value, ran_us, follow_ups = unpack(ARGV, i, i + 5)
  local first_of_next = i + 6 + 4 * follow_ups
  local element = held(receipt)
  if element then
    local attempt = read_envelope(element, '')
    local has_expired = is_expired == '1'
    keep_result(element, has_expired and 'expired' or 'done', attempt + (has_expired and 0 or 1),
      has_value == '1' and 'value' or nil, value)
    for n = i + 6, first_of_next - 1, 4 do post(unpack(ARGV, n, n + 3)) end
    let_go(receipt)
    end_held(receipt, element)
    free(receipt, tonumber(ran_us))
    if has_expired then expired = expired + 1 else acked = acked + 1 end
  end
  reply[#reply + 1] = element and 1 or 0
  i = first_of_next
end

note_holder()
finished('acked', acked)
finished('expired', expired)
tell_arrived()
return reply
